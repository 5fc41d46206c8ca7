//! What a picture may be, so that it costs no more than it should.

/// How large a picture may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Width times height.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 50 million pixels: what the largest cameras of sellers take.
    fn default() -> Self {
        Self { max_pixels: 50_000_000 }
    }
}
