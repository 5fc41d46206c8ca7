//! Notifies people, in the application and by mail, and other systems by webhooks.

use runtime::{Method, Permission, functions};

functions! {
    notices [event, notice_mail, preferences] {
        /// Lists notifications, the newest first.
        http(Method::GET, "/v1/notifications", Permission::SignedIn) => list_notifications,
        /// Marks notifications as read.
        http(Method::POST, "/v1/notifications/read", Permission::SignedIn) => read_notifications,
        /// Returns the events that the caller gets mails about.
        http(Method::GET, "/v1/notifications/preferences", Permission::SignedIn) => get_preferences,
        /// Sets the events that the caller gets mails about.
        http(Method::PUT, "/v1/notifications/preferences", Permission::SignedIn) => set_preferences,
        /// Notifies people and webhooks of an event.
        queue("notifications-notices") => take_event,
    }
    webhooks [deliveries, input] {
        /// Lists webhooks.
        http(Method::GET, "/v1/webhooks", Permission::IntegrationsRead) => list_webhooks,
        /// Creates a webhook: an address that receives events.
        http(Method::POST, "/v1/webhooks", Permission::IntegrationsManage) => create_webhook,
        /// Changes a webhook; also switches it off and on.
        http(Method::PUT, "/v1/webhooks/{id}", Permission::IntegrationsManage) => put_webhook,
        /// Deletes a webhook.
        http(Method::DELETE, "/v1/webhooks/{id}", Permission::IntegrationsManage) => delete_webhook,
        /// Sends a test event to a webhook.
        bulk(Method::POST, "/v1/webhooks/{id}/test", Permission::IntegrationsManage) => test_webhook,
        /// Changes the secret of a webhook; for a day the previous one stays valid too.
        http(Method::POST, "/v1/webhooks/{id}/rotate", Permission::IntegrationsManage) => rotate_webhook,
        /// Sends deliveries of a webhook again.
        bulk(Method::POST, "/v1/webhooks/{id}/replay", Permission::IntegrationsManage) => replay_deliveries,
        /// Lists the deliveries of a webhook, with their results.
        http(Method::GET, "/v1/webhooks/{id}/deliveries", Permission::IntegrationsRead) => list_deliveries,
        /// Attempts a delivery to a webhook.
        queue("notifications-webhooks") => deliver_webhook,
        /// Sends deliveries that are due and mails that were lost; deletes old notifications and deliveries.
        schedule("rate(1 minute)") => sweep,
    }
}

pub use notices::event::BusMessage;
pub use notices::event::EVENTS;
