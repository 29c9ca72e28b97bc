//! Reports of a run.

pub(crate) mod evidence;
pub(crate) mod html;
pub(crate) mod junit;
pub(crate) mod profile;
pub(crate) mod sarif;
pub(crate) mod text;
