//! Time-based one-time codes (RFC 6238: SHA-1, six digits, 30 seconds, which every authenticator app knows) and
//! recovery codes.

use base64::Engine;
use cloud::Keys;
use db_core::CoreDb;
use db_tenancy::Stamp;
use qrcode::{Color, QrCode};
use runtime::{Cx, Error, Result};
use totp_rs::{Algorithm, Builder, Totp};
use uuid::Uuid;

use crate::secret::{self, characters};
use crate::throttle;

/// The name that authenticator apps show.
const ISSUER: &str = "Products Manager";
/// How many recovery codes a person has.
const RECOVERY_CODES: usize = 10;
/// The characters of recovery codes: no letters and digits that look the same.
const RECOVERY_ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

fn wrong_code() -> Error {
    Error::Unauthenticated { code: "second_factor_invalid", message: messages::identity::code_wrong() }
}

/// What an authenticator app needs.
pub(crate) struct Enrolment {
    pub(crate) secret: [u8; 20],
    pub(crate) secret_base32: String,
    pub(crate) otpauth_uri: String,
    pub(crate) qr_svg: String,
    pub(crate) qr_png_base64: String,
}

impl Enrolment {
    pub(crate) fn random(email: &str) -> Result<Self> {
        let secret = secret::bytes::<20>()?;
        let totp = totp(&secret, email)?;
        let otpauth_uri = totp.to_url().map_err(|error| Error::internal(error.to_string()))?;
        let code = QrCode::new(otpauth_uri.as_bytes()).map_err(|error| Error::internal(error.to_string()))?;
        let qr_svg = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(240, 240).build();
        let qr_png_base64 = base64::engine::general_purpose::STANDARD.encode(png_of(&code)?);
        let secret_base32 = totp_rs::Secret::from(secret).to_base32();
        Ok(Self { secret, secret_base32, otpauth_uri, qr_svg, qr_png_base64 })
    }
}

fn totp(secret: &[u8], email: &str) -> Result<Totp> {
    let builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret)
        // A colon would end the label.
        .with_account_name(email.replace(':', "_"))
        .with_issuer(Some(ISSUER));
    builder.build().map_err(|error| Error::internal(error.to_string()))
}

/// Draws a QR code with six pixels per module, and the quiet zone of four modules that readers need (ISO/IEC 18004).
fn png_of(code: &QrCode) -> Result<Vec<u8>> {
    const SCALE: usize = 6;
    const QUIET: usize = 4;
    let (width, colors) = (code.width(), code.to_colors());
    let side = (width + 2 * QUIET) * SCALE;
    let mut pixels = vec![255_u8; side * side];
    for (index, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let (left, top) = ((index % width + QUIET) * SCALE, (index / width + QUIET) * SCALE);
        for line in top..top + SCALE {
            pixels[line * side + left..line * side + left + SCALE].fill(0);
        }
    }
    let mut bytes = Vec::new();
    let side = u32::try_from(side).map_err(Error::internal)?;
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(Error::internal)?;
    writer.write_image_data(&pixels).map_err(Error::internal)?;
    writer.finish().map_err(Error::internal)?;
    Ok(bytes)
}

/// Returns the encryption context that binds a secret to its person.
pub(crate) fn context(user: &str) -> [(&str, &str); 1] {
    [("totp", user)]
}

/// Returns the time step of this code: the current one, the one before or the one after.
///
/// # Errors
/// 401 when the code belongs to none of them.
pub(crate) async fn step_of(cx: &Cx, user: Uuid, encrypted: &[u8], code: &str) -> Result<i64> {
    let secret = cx.get::<Keys>().await?.decrypt(encrypted, &context(&user.to_string())).await?;
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = u64::try_from(cx.now.unix_timestamp()).map_err(Error::internal)?;
    let step = totp(&secret, "")?.check(&digits, now).ok_or_else(wrong_code)?;
    i64::try_from(step).map_err(Error::internal)
}

/// Uses up a code of the app, or a recovery code; each can be used once.
///
/// # Errors
/// 401 when the code is wrong or used, 429 after too many wrong codes.
pub(crate) async fn use_code(cx: &Cx, db: &CoreDb, user: Uuid, encrypted: &[u8], code: &str) -> Result<()> {
    throttle::code(cx, user).await?;
    let plain: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_lowercase();
    let accepted = if plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
        let step = step_of(cx, user, encrypted, &plain).await?;
        db.take_step(user, step).await?
    } else {
        db.take_recovery_code(user, secret::hash(&plain), |email| Stamp::of_person(cx, user, email)).await?
    };
    if !accepted {
        return Err(wrong_code());
    }
    throttle::code_was_right(cx, user).await;
    Ok(())
}

/// Returns new recovery codes, as people write them down, and their hashes.
pub(crate) fn recovery_codes() -> Result<(Vec<String>, Vec<[u8; 32]>)> {
    let mut codes = Vec::new();
    let mut hashes = Vec::new();
    for _ in 0..RECOVERY_CODES {
        let code = characters(RECOVERY_ALPHABET, 10)?;
        hashes.push(secret::hash(&code));
        codes.push(format!("{}-{}", &code[..5], &code[5..]));
    }
    Ok((codes, hashes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // RFC 6238, appendix B, SHA-1: the codes there have eight digits, the last six are ours.
        let totp = totp(b"12345678901234567890", "marie@shop.example").unwrap();
        for (time, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(totp.check(code, time), Some(time / 30), "{time}");
        }
        assert_eq!(totp.check("287082", 59 + 30), Some(1), "a step late");
        assert_eq!(totp.check("287082", 59 + 60), None, "two steps late");
    }

    #[test]
    fn an_enrolment_has_a_uri_and_qr_codes() {
        let enrolment = Enrolment::random("marie@shop.example").unwrap();
        assert!(
            enrolment.otpauth_uri.starts_with("otpauth://totp/Products%20Manager:marie"),
            "{}",
            enrolment.otpauth_uri
        );
        assert!(enrolment.otpauth_uri.contains(&format!("secret={}", enrolment.secret_base32)));
        assert!(enrolment.qr_svg.contains("<svg"));
        let png = base64::engine::general_purpose::STANDARD.decode(&enrolment.qr_png_base64).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        assert_eq!(recovery_codes().unwrap().0.len(), 10);
    }
}
