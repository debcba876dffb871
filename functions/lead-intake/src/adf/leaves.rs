//! The values inside an element of the tree.

use super::names::Role;
use super::tree::Node;
use super::values;

/// A field or a text of the tree, and the nearest known element around it.
pub(super) struct Leaf<'a> {
    pub(super) node: &'a Node,
    pub(super) parent: &'a Node,
}

impl Leaf<'_> {
    pub(super) fn line(&self) -> Option<String> {
        values::line(&self.node.text)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.node.attribute(name).map(|value| value.to_lowercase())
    }
}

/// Returns the values in an element, in order. Values of inner sections are left out, and those of contacts unless `contacts` is set.
pub(super) fn leaves(of: &Node, contacts: bool) -> Vec<Leaf<'_>> {
    fn gather<'a>(of: &'a Node, parent: &'a Node, contacts: bool, into: &mut Vec<Leaf<'a>>) {
        for node in &of.children {
            match node.role() {
                Role::Field | Role::Prose => into.push(Leaf { node, parent }),
                Role::Contact if !contacts => {}
                Role::Contact | Role::Group => gather(node, node, contacts, into),
                Role::Unknown => gather(node, parent, contacts, into),
                Role::Section | Role::Prospect | Role::Root | Role::Html => {}
            }
        }
    }
    let mut found = Vec::new();
    gather(of, of, contacts, &mut found);
    found
}

/// Returns the first non-empty value with the name.
pub(super) fn first(leaves: &[Leaf<'_>], name: &str) -> Option<String> {
    leaves.iter().filter(|leaf| leaf.node.name == name).find_map(Leaf::line)
}
