//! Invitations as the API shows them.

use db_core::Invitation;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// An invitation.
#[derive(Serialize, ToSchema)]
pub struct InvitationView {
    /// The id.
    pub id: Uuid,
    /// The address of the person who is invited.
    pub email: String,
    /// The role that is offered.
    pub role: String,
    /// A personal message from the person who invites.
    pub message: Option<String>,
    /// The account of the person who invites.
    pub invited_by: Uuid,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Until when it can be accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role.name(),
            message: invitation.message,
            invited_by: invitation.invited_by,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}
