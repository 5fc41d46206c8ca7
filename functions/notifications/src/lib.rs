//! What people are told, in the application and by mail, and other systems by webhooks.

use runtime::{Method, Permission, functions};

functions! {
    notices [event, notice_mail, preferences] {
        /// Lists what happened, the newest first.
        http(Method::GET, "/v1/notifications", Permission::SignedIn) => list_notifications,
        /// Notes what somebody read.
        http(Method::POST, "/v1/notifications/read", Permission::SignedIn) => read_notifications,
        /// Tells of which events somebody gets mails.
        http(Method::GET, "/v1/notifications/preferences", Permission::SignedIn) => get_preferences,
        /// Chooses of which events somebody gets mails.
        http(Method::PUT, "/v1/notifications/preferences", Permission::SignedIn) => set_preferences,
        /// Tells people and webhooks of an event.
        queue("notifications-notices") => take_event,
    }
    webhooks [deliveries, input] {
        /// Lists the webhooks.
        http(Method::GET, "/v1/webhooks", Permission::IntegrationsRead) => list_webhooks,
        /// Makes a webhook: an address that is told what happens.
        http(Method::POST, "/v1/webhooks", Permission::IntegrationsManage) => create_webhook,
        /// Changes a webhook, switches it off and on.
        http(Method::PUT, "/v1/webhooks/{id}", Permission::IntegrationsManage) => put_webhook,
        /// Deletes a webhook.
        http(Method::DELETE, "/v1/webhooks/{id}", Permission::IntegrationsManage) => delete_webhook,
        /// Sends a test event to a webhook.
        bulk(Method::POST, "/v1/webhooks/{id}/test", Permission::IntegrationsManage) => test_webhook,
        /// Changes the secret of a webhook; for a day the former one is good too.
        http(Method::POST, "/v1/webhooks/{id}/rotate", Permission::IntegrationsManage) => rotate_webhook,
        /// Sends deliveries of a webhook once more.
        bulk(Method::POST, "/v1/webhooks/{id}/replay", Permission::IntegrationsManage) => replay_deliveries,
        /// Lists what became of each event for a webhook.
        http(Method::GET, "/v1/webhooks/{id}/deliveries", Permission::IntegrationsRead) => list_deliveries,
        /// Tries a delivery to a webhook.
        queue("notifications-webhooks") => deliver_webhook,
        /// Sends what is due, and what was lost; forgets what is old.
        schedule("rate(1 minute)") => sweep,
    }
}

pub use notices::event::BusMessage;
pub use notices::event::EVENTS;
