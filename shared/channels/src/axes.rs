//! Names of options and attributes that feeds have columns for, normalized, in several languages.

pub(crate) const COLOR: &[&str] = &["color", "colour", "couleur", "farbe"];

pub(crate) const SIZE: &[&str] = &["size", "taille", "grosse", "pointure"];

pub(crate) const MATERIAL: &[&str] = &["material", "matiere", "materiau"];

pub(crate) const GENDER: &[&str] = &["gender", "genre", "sexe"];

pub(crate) const AGE_GROUP: &[&str] = &["age_group", "tranche_d_age"];
