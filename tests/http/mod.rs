//! One file a resource, as in the URL tree.

mod organisations;
