//! Tests of what the Python package is generated from. What it does is tested in Python, beside this folder.

mod generated;
mod python;
