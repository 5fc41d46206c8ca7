//! Accounts, sessions, second factors, organisations, members, roles, API keys, the audit trail.

mod input;
mod password;
mod second_factor;
mod secret;
mod throttle;
mod tokens;

use runtime::{Method, Permission, functions};

functions! {
    auth [link_mail] {
        /// Signs an organisation up with its first user, who owns it. The address has to be confirmed by the mail that is sent. The answer is the same when the address has an account; the mail then says so.
        http(Method::POST, "/v1/organisations", Permission::Public) => sign_up,
        /// Confirms the address of a new account by the token in the mail.
        http(Method::POST, "/v1/auth/verify-email", Permission::Public) => verify_email,
        /// Sends the mail that confirms an address again. The answer is the same whether there is an account or not.
        http(Method::POST, "/v1/auth/resend-verification", Permission::Public) => resend_verification,
        /// Exchanges e-mail and password for an access token and a refresh token.
        http(Method::POST, "/v1/auth/login", Permission::Public) => login,
        /// Exchanges a refresh token for new tokens. A refresh token is good for one use.
        http(Method::POST, "/v1/auth/refresh", Permission::Public) => refresh,
        /// Ends the session.
        http(Method::POST, "/v1/auth/logout", Permission::SignedIn) => logout,
        /// Goes on in another organisation of the same person: new tokens, the old session ends.
        http(Method::POST, "/v1/auth/switch", Permission::SignedIn) => switch_organisation,
        /// Sends a link by which a new password can be set, good for an hour. The answer is the same whether there is an account or not.
        http(Method::POST, "/v1/auth/forgot-password", Permission::Public) => forgot_password,
        /// Sets a new password by the token in the mail; every session ends.
        http(Method::POST, "/v1/auth/reset-password", Permission::Public) => reset_password,
        /// Takes the new address over, by the token in the mail that was sent to it.
        http(Method::POST, "/v1/auth/confirm-email", Permission::Public) => confirm_email,
        /// The public keys of access tokens (JWKS, RFC 7517).
        http(Method::GET, "/v1/.well-known/jwks.json", Permission::Public) => jwks,
        /// Makes a new signing key when the newest is a month old.
        schedule("rate(1 day)") => rotate_signing_key,
    }
    me [profile, two_factor] {
        /// The person who is logged in, the session's organisation and what the person may do there.
        http(Method::GET, "/v1/me", Permission::SignedIn) => get_me,
        /// Changes name, language or time zone.
        http(Method::PATCH, "/v1/me", Permission::SignedIn) => change_me,
        /// Changes the password; all other sessions end.
        http(Method::POST, "/v1/me/password", Permission::SignedIn) => change_password,
        /// Asks for another address: a link goes to the new one, a word to the old one.
        http(Method::POST, "/v1/me/email", Permission::SignedIn) => change_email,
        /// Lists the person's sessions, in every organisation.
        http(Method::GET, "/v1/me/sessions", Permission::SignedIn) => list_sessions,
        /// Ends one of the person's sessions.
        http(Method::DELETE, "/v1/me/sessions/{id}", Permission::SignedIn) => end_session,
        /// Ends all of the person's sessions but this one.
        http(Method::DELETE, "/v1/me/sessions", Permission::SignedIn) => end_other_sessions,
        /// Begins two-factor authentication: a secret for the authenticator app, as text, address and QR code.
        http(Method::POST, "/v1/me/two-factor", Permission::SignedIn) => begin_two_factor,
        /// Turns two-factor authentication on by a first code; gives ten recovery codes.
        http(Method::POST, "/v1/me/two-factor/confirm", Permission::SignedIn) => confirm_two_factor,
        /// Turns two-factor authentication off, with password and code.
        http(Method::POST, "/v1/me/two-factor/disable", Permission::SignedIn) => disable_two_factor,
        /// Ten new recovery codes in place of the old ones, with password and code.
        http(Method::POST, "/v1/me/two-factor/recovery-codes", Permission::SignedIn) => renew_recovery_codes,
        /// Lists the organisations that the person belongs to.
        http(Method::GET, "/v1/me/organisations", Permission::SignedIn) => list_organisations,
        /// Makes another organisation, which the person owns.
        http(Method::POST, "/v1/me/organisations", Permission::SignedIn) => create_organisation,
    }
    organisation [view] {
        /// The organisation: name, plan, limits.
        http(Method::GET, "/v1/organisation", Permission::AdminAccess) => get_organisation,
        /// Renames the organisation.
        http(Method::PATCH, "/v1/organisation", Permission::AdminSettings) => change_organisation,
        /// Gives the organisation to another member, who becomes Super Admin; the giver becomes Admin.
        http(Method::POST, "/v1/organisation/transfer", Permission::SignedIn) => transfer_organisation,
        /// Leaves the organisation.
        http(Method::POST, "/v1/organisation/leave", Permission::SignedIn) => leave_organisation,
        /// Gives an organisation a plan, or limits of its own. For operators.
        direct => set_limits,
    }
    members [invitation] {
        /// Lists the members.
        http(Method::GET, "/v1/members", Permission::AdminUsers) => list_members,
        /// Gives a member another role.
        http(Method::PATCH, "/v1/members/{id}", Permission::AdminRoleAssign) => change_member,
        /// Removes a member.
        http(Method::DELETE, "/v1/members/{id}", Permission::AdminUserDelete) => remove_member,
        /// Lists the invitations that can still be accepted.
        http(Method::GET, "/v1/invitations", Permission::AdminUsers) => list_invitations,
        /// Invites somebody by e-mail.
        http(Method::POST, "/v1/invitations", Permission::AdminUserCreate) => invite,
        /// Withdraws an invitation.
        http(Method::DELETE, "/v1/invitations/{id}", Permission::AdminUserDelete) => withdraw_invitation,
        /// Accepts an invitation by the token in the mail, with the account of that address or a new one.
        http(Method::POST, "/v1/invitations/accept", Permission::Public) => accept_invitation,
    }
    roles [role] {
        /// Lists the permissions, with what each lets one do.
        http(Method::GET, "/v1/permissions", Permission::SignedIn) => list_permissions,
        /// Lists the five predefined roles and the organisation's own.
        http(Method::GET, "/v1/roles", Permission::AdminUsers) => list_roles,
        /// Makes a role.
        http(Method::POST, "/v1/roles", Permission::AdminPermissionAssign) => create_role,
        /// Changes a role; acts on the next request of everybody who has it.
        http(Method::PUT, "/v1/roles/{id}", Permission::AdminPermissionAssign) => change_role,
        /// Deletes a role that nobody has.
        http(Method::DELETE, "/v1/roles/{id}", Permission::AdminPermissionAssign) => delete_role,
    }
    api_keys [view] {
        /// Lists the API keys, without their secrets.
        http(Method::GET, "/v1/api-keys", Permission::IntegrationsRead) => list_api_keys,
        /// Makes an API key; the key itself is shown this once.
        http(Method::POST, "/v1/api-keys", Permission::IntegrationsManage) => create_api_key,
        /// Revokes an API key.
        http(Method::DELETE, "/v1/api-keys/{id}", Permission::IntegrationsManage) => revoke_api_key,
    }
    audit [entries] {
        /// Lists the audit trail, the newest first.
        http(Method::GET, "/v1/audit-log", Permission::AdminAccess) => list_audit,
        /// Writes the audit trail, or the part that the filter wants, into a CSV file; gives its address.
        bulk(Method::POST, "/v1/audit-log/exports", Permission::AdminAccess) => export_audit,
    }
    mails [mailer] {
        /// Sends a mail.
        queue("identity-mails") => send_mail,
        /// Sends the mails again that were not sent.
        schedule("rate(1 minute)") => sweep_mails,
    }
}
