//! Sign-up, login, refresh.

use client::{Client, Error};
use e2e::{PASSWORD, Stack, Tenant};

fn refused(result: Result<impl Sized, Error>) -> (u16, String) {
    match result {
        Err(Error::Refused(problem)) => (problem.status, problem.code),
        Err(other) => panic!("expected a problem, got {other}"),
        Ok(_) => panic!("expected a problem, got an answer"),
    }
}

#[tokio::test]
async fn a_login_needs_the_right_password_and_says_nothing_about_addresses() {
    let mut tenant = Tenant::new("Login").await;
    let wrong = refused(tenant.client.login(&tenant.email.clone(), "another password").await);
    let unknown = refused(tenant.client.login("nobody@e2e.example", PASSWORD).await);
    assert_eq!(wrong, (401, "credentials_invalid".to_owned()));
    assert_eq!(wrong, unknown);
    tenant.client.login(&tenant.email.to_uppercase(), PASSWORD).await.expect("the case of an address does not matter");
    assert_eq!(
        refused(tenant.client.sign_up("Again", &tenant.email.clone(), PASSWORD).await),
        (409, "email_taken".to_owned())
    );
    assert_eq!(refused(tenant.client.sign_up("Weak", "weak@e2e.example", "short").await).0, 422);
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session() {
    let mut tenant = Tenant::new("Refresh").await;
    let first = tenant.client.login(&tenant.email.clone(), PASSWORD).await.unwrap();
    let second = tenant.client.refresh().await.unwrap();
    assert_ne!(first.refresh_token, second.refresh_token);
    tenant.client.products(&[]).await.expect("the new access token works");

    let mut thief = Client::new(Stack::get().api(), Some(first)).unwrap();
    assert_eq!(refused(thief.refresh().await), (401, "token_invalid".to_owned()));
    assert_eq!(refused(tenant.client.refresh().await).0, 401, "the whole family is ended");
    assert_eq!(refused(tenant.client.products(&[]).await).0, 401, "and its access tokens with it, at once");
}
