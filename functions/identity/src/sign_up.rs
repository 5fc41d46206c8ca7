//! `POST /v1/organisations`

use db_core::{CoreDb, NewOrganisation};
use runtime::{Body, Created, Cx, Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::password;

/// An organisation and its first user.
#[derive(Deserialize, ToSchema)]
pub struct SignUp {
    /// The organisation's name, 1 to 200 characters.
    pub organisation: String,
    /// The user's address.
    pub email: String,
    /// At least 12 characters.
    pub password: String,
}

/// What was made.
#[derive(Serialize, ToSchema)]
pub struct SignedUp {
    /// The organisation.
    pub organisation_id: TenantId,
    /// The user.
    pub user_id: Uuid,
}

/// Signs an organisation up.
pub async fn sign_up(cx: Cx, input: Body<SignUp>) -> Result<Created<SignedUp>> {
    let SignUp { organisation, email, password } = input.0;
    let name = organisation.trim();
    if !(1..=200).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::invalid("organisation", "length", "expected a name of 1 to 200 characters"));
    }
    let email = email_address(&email)?;
    password::check(&password, &email)?;
    let password_hash = password::hash(password).await?;
    let (tenant, user) = (TenantId(Uuid::now_v7()), Uuid::now_v7());
    let new = NewOrganisation { tenant, name, user, email: &email, password_hash: &password_hash, now: cx.now };
    cx.get::<CoreDb>().await?.sign_up(&new).await?;
    Ok(Created(SignedUp { organisation_id: tenant, user_id: user }))
}

/// The address in lower case: one `@`, something on both sides, a dot in the domain, no spaces. Whether it exists
/// is found out by a mail, not by a pattern.
fn email_address(text: &str) -> Result<String> {
    let email = text.trim().to_lowercase();
    let plausible = email.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && !domain.contains('@') && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    if !plausible || email.len() > 320 || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::invalid("email", "email_invalid", format!("expected an e-mail address, found \"{email}\"")));
    }
    Ok(email)
}

#[cfg(test)]
mod tests {
    use super::email_address;

    #[test]
    fn addresses_are_lowered_and_checked() {
        assert_eq!(email_address(" Marie@Shop.Example ").unwrap(), "marie@shop.example");
        for wrong in ["", "marie", "@shop.example", "marie@shop", "a b@shop.example", "a@b@c.d", "a@.d"] {
            assert!(email_address(wrong).is_err(), "{wrong}");
        }
    }
}
