//! Limits of pictures, which bound the memory and the time that a picture costs.

/// How large a picture may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most pixels: width times height.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 50 million pixels: what the largest cameras of sellers produce.
    fn default() -> Self {
        Self { max_pixels: 50_000_000 }
    }
}
