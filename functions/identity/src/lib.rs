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
        /// Creates an organisation and the account of its first user, who owns it. A mail is sent; its link confirms the address. If the address has an account already, the answer is the same, and the mail says so.
        http(Method::POST, "/v1/organisations", Permission::Public) => sign_up,
        /// Confirms the address of a new account with the token from the mail.
        http(Method::POST, "/v1/auth/verify-email", Permission::Public) => verify_email,
        /// Sends the mail that confirms an address once more. The answer is the same whether the account exists or not.
        http(Method::POST, "/v1/auth/resend-verification", Permission::Public) => resend_verification,
        /// Exchanges e-mail and password for an access token and a refresh token.
        http(Method::POST, "/v1/auth/login", Permission::Public) => login,
        /// Exchanges a refresh token for new tokens. A refresh token can be used once.
        http(Method::POST, "/v1/auth/refresh", Permission::Public) => refresh,
        /// Ends the session.
        http(Method::POST, "/v1/auth/logout", Permission::OwnAccount) => logout,
        /// Switches to another organisation of the same person: returns new tokens and ends the old session.
        http(Method::POST, "/v1/auth/switch", Permission::OwnAccount) => switch_organisation,
        /// Sends a link to set a new password, valid for one hour. The answer is the same whether the account exists or not.
        http(Method::POST, "/v1/auth/forgot-password", Permission::Public) => forgot_password,
        /// Sets a new password with the token from the mail; every session ends.
        http(Method::POST, "/v1/auth/reset-password", Permission::Public) => reset_password,
        /// Changes the address of the account to the new one, with the token from the mail that was sent to it.
        http(Method::POST, "/v1/auth/confirm-email", Permission::Public) => confirm_email,
        /// Returns the public keys of access tokens (JWKS, RFC 7517).
        http(Method::GET, "/v1/.well-known/jwks.json", Permission::Public) => jwks,
        /// Creates a new signing key when the newest one is 30 days old.
        schedule("rate(1 day)") => rotate_signing_key,
    }
    me [profile, two_factor] {
        /// Returns the person who is logged in, the organisation of the session and the person's permissions in it.
        http(Method::GET, "/v1/me", Permission::OwnAccount) => get_me,
        /// Changes name, language or time zone.
        http(Method::PATCH, "/v1/me", Permission::OwnAccount) => change_me,
        /// Changes the password; all other sessions end.
        http(Method::POST, "/v1/me/password", Permission::OwnAccount) => change_password,
        /// Requests a new address: a link is sent to the new address, a notice to the old one.
        http(Method::POST, "/v1/me/email", Permission::OwnAccount) => change_email,
        /// Lists the person's sessions, in every organisation.
        http(Method::GET, "/v1/me/sessions", Permission::OwnAccount) => list_sessions,
        /// Ends one of the person's sessions.
        http(Method::DELETE, "/v1/me/sessions/{id}", Permission::OwnAccount) => end_session,
        /// Ends all sessions of the person except this one.
        http(Method::DELETE, "/v1/me/sessions", Permission::OwnAccount) => end_other_sessions,
        /// Begins two-factor authentication: returns a secret for the authenticator app, as text, URI and QR code.
        http(Method::POST, "/v1/me/two-factor", Permission::OwnAccount) => begin_two_factor,
        /// Turns two-factor authentication on with a first code; returns ten recovery codes.
        http(Method::POST, "/v1/me/two-factor/confirm", Permission::OwnAccount) => confirm_two_factor,
        /// Turns two-factor authentication off, with password and code.
        http(Method::POST, "/v1/me/two-factor/disable", Permission::OwnAccount) => disable_two_factor,
        /// Replaces the recovery codes with ten new ones, with password and code.
        http(Method::POST, "/v1/me/two-factor/recovery-codes", Permission::OwnAccount) => renew_recovery_codes,
        /// Lists the organisations that the person belongs to.
        http(Method::GET, "/v1/me/organisations", Permission::OwnAccount) => list_organisations,
        /// Creates another organisation, which the person owns.
        http(Method::POST, "/v1/me/organisations", Permission::SignedIn) => create_organisation,
    }
    organisation [view] {
        /// Returns the organisation: name, plan, limits.
        http(Method::GET, "/v1/organisation", Permission::AdminAccess) => get_organisation,
        /// Renames the organisation.
        http(Method::PATCH, "/v1/organisation", Permission::AdminSettings) => change_organisation,
        /// Transfers the organisation to another member, who becomes Super Admin; the previous owner becomes Admin.
        http(Method::POST, "/v1/organisation/transfer", Permission::SignedIn) => transfer_organisation,
        /// Leaves the organisation.
        http(Method::POST, "/v1/organisation/leave", Permission::SignedIn) => leave_organisation,
        /// Sets the plan of an organisation, or limits of its own. For operators.
        direct => set_limits,
    }
    members [invitation] {
        /// Lists the members.
        http(Method::GET, "/v1/members", Permission::AdminUsers) => list_members,
        /// Changes the role of a member.
        http(Method::PATCH, "/v1/members/{id}", Permission::AdminRoleAssign) => change_member,
        /// Removes a member.
        http(Method::DELETE, "/v1/members/{id}", Permission::AdminUserDelete) => remove_member,
        /// Lists the invitations that can still be accepted.
        http(Method::GET, "/v1/invitations", Permission::AdminUsers) => list_invitations,
        /// Invites a person by e-mail.
        http(Method::POST, "/v1/invitations", Permission::AdminUserCreate) => invite,
        /// Withdraws an invitation.
        http(Method::DELETE, "/v1/invitations/{id}", Permission::AdminUserDelete) => withdraw_invitation,
        /// Accepts an invitation with the token from the mail, with the account of that address or a new one.
        http(Method::POST, "/v1/invitations/accept", Permission::Public) => accept_invitation,
    }
    roles [role] {
        /// Lists the permissions, with what each one allows.
        http(Method::GET, "/v1/permissions", Permission::SignedIn) => list_permissions,
        /// Lists the five predefined roles and the organisation's own roles.
        http(Method::GET, "/v1/roles", Permission::AdminUsers) => list_roles,
        /// Creates a role.
        http(Method::POST, "/v1/roles", Permission::AdminPermissionAssign) => create_role,
        /// Changes a role; takes effect on the next request of everybody who has it.
        http(Method::PUT, "/v1/roles/{id}", Permission::AdminPermissionAssign) => change_role,
        /// Deletes a role that nobody has.
        http(Method::DELETE, "/v1/roles/{id}", Permission::AdminPermissionAssign) => delete_role,
    }
    api_keys [view] {
        /// Lists the API keys, without their secrets.
        http(Method::GET, "/v1/api-keys", Permission::IntegrationsRead) => list_api_keys,
        /// Creates an API key; the key itself is shown only in this answer.
        http(Method::POST, "/v1/api-keys", Permission::IntegrationsManage) => create_api_key,
        /// Revokes an API key.
        http(Method::DELETE, "/v1/api-keys/{id}", Permission::IntegrationsManage) => revoke_api_key,
    }
    audit [entries] {
        /// Lists the entries of the audit trail, the newest first.
        http(Method::GET, "/v1/audit-log", Permission::AdminAccess) => list_audit,
        /// Writes the audit trail, or the entries that match the filter, into a CSV file; returns its address.
        bulk(Method::POST, "/v1/audit-log/exports", Permission::AdminAccess) => export_audit,
    }
    mails [letter, mailer] {
        /// Sends a mail.
        queue("identity-mails") => send_mail,
        /// Sends the mails that should have been sent and were not.
        schedule("rate(1 minute)") => sweep_mails,
    }
}
