//! The completeness of products, for each channel and language.

use db_tenancy::TenantTx;
use product::{Completeness, Product, Subject, assess};
use runtime::TenantId;
use uuid::Uuid;

use crate::products::setup::Setup;

/// The rows of completeness that a write adds, for channels and languages with rules of their own; a list for each
/// column.
#[derive(Default)]
pub(crate) struct Scopes {
    product: Vec<Uuid>,
    channel: Vec<String>,
    locale: Vec<String>,
    score: Vec<i16>,
    missing: Vec<String>,
    required: Vec<String>,
}

impl Scopes {
    /// Computes a product's completeness: sets that of the default channel on the product, and adds the rows of the
    /// others.
    pub(crate) fn assess(&mut self, product: &mut Product, setup: &Setup) {
        let media = usize::try_from(product.media).unwrap_or_default();
        let family = setup.required_attributes(product.content.family.as_deref(), "default");
        let own = assess(Subject { content: &product.content, media, family: &family }, &setup.requirements, None);
        product.completeness = own.score;
        product.grade = product::grade(own.score);
        product.missing = own.missing;
        for scope in &setup.scopes {
            let family = setup.required_attributes(product.content.family.as_deref(), &scope.channel);
            let locale = Some(scope.locale.as_str()).filter(|locale| !locale.is_empty());
            let Completeness { score, missing, missing_required, .. } =
                assess(Subject { content: &product.content, media, family: &family }, &scope.requirements, locale);
            self.product.push(product.id);
            self.channel.push(scope.channel.clone());
            self.locale.push(scope.locale.clone());
            self.score.push(score);
            self.missing.push(missing.join("\n"));
            self.required.push(missing_required.join("\n"));
        }
    }

    /// Writes the rows.
    pub(crate) async fn upsert(&self, tx: &mut TenantTx, tenant: TenantId) -> sqlx::Result<()> {
        if self.product.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            r"insert into product_completeness (tenant_id, product_id, channel, locale, score, missing, missing_required)
              select $1, p, c, l, s, string_to_array(m, E'\n'), string_to_array(r, E'\n')
              from unnest($2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::text[]) as r(p, c, l, s, m, r)
              on conflict (tenant_id, channel, locale, product_id) do update
              set score = excluded.score, missing = excluded.missing, missing_required = excluded.missing_required",
            tenant.0,
            &self.product,
            &self.channel,
            &self.locale,
            &self.score,
            &self.missing,
            &self.required
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
