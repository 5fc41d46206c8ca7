//! What each mail says.

use db_core::MailKind;
use messages::{Text, identity as say};

/// The values that a mail names. Which of them are used depends on the kind of the mail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    /// The address of the button.
    pub(crate) link: String,
    /// The address of the account, or the one that it shall have.
    pub(crate) email: String,
    /// The name of the organisation that invites.
    pub(crate) organisation: String,
    /// The address of the person who invites.
    pub(crate) inviter: String,
    /// What that person wrote.
    pub(crate) message: Option<String>,
    /// The last day on which the invitation can be accepted.
    pub(crate) until: String,
}

/// The words of a mail.
pub(crate) struct Letter {
    /// The subject, one line.
    pub(crate) subject: Text,
    /// The first paragraph: what happened.
    pub(crate) opening: Text,
    /// A person's own words, between the paragraphs.
    pub(crate) quote: Option<Text>,
    /// The last paragraph: how long it is valid, what to do if it was somebody else.
    pub(crate) advice: Text,
    /// The label of the button.
    pub(crate) action: Text,
}

impl Letter {
    /// The words of a mail of this kind.
    pub(crate) fn new(kind: MailKind, values: &Values) -> Self {
        let email = values.email.as_str();
        let (subject, opening, advice, action) = match kind {
            MailKind::VerifyEmail | MailKind::VerifyAgain => (
                say::verify_email_subject(),
                say::verify_email_welcome(email),
                say::verify_email_lifetime(),
                say::verify_email_action(),
            ),
            MailKind::SignedUpAgain => (
                say::signed_up_again_subject(),
                say::signed_up_again_reason(email),
                say::signed_up_again_advice(),
                say::mail_log_in(),
            ),
            MailKind::ResetPassword => (
                say::reset_password_subject(),
                say::reset_password_reason(email),
                say::reset_password_lifetime(),
                say::reset_password_action(),
            ),
            MailKind::PasswordChanged => (
                say::password_changed_subject(),
                say::password_changed_what(email),
                say::password_changed_advice(),
                say::mail_log_in(),
            ),
            MailKind::ConfirmNewEmail => (
                say::confirm_new_email_subject(),
                say::confirm_new_email_reason(email),
                say::confirm_new_email_lifetime(),
                say::confirm_new_email_action(),
            ),
            MailKind::EmailIsChanging => (
                say::email_is_changing_subject(),
                say::email_is_changing_what(email),
                say::email_is_changing_advice(),
                say::mail_log_in(),
            ),
            MailKind::Invitation => {
                // The subject is one line: a name must not begin a header, or a paragraph, of its own.
                let (inviter, organisation) = (one_line(&values.inviter), one_line(&values.organisation));
                (
                    say::invitation_subject(&inviter, &organisation),
                    say::invitation_what(inviter, organisation),
                    say::invitation_lifetime(&values.until),
                    say::invitation_action(),
                )
            }
        };
        let quote = values.message.as_deref().map(say::mail_quote);
        Self { subject, opening, quote, advice, action }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
