//! What a complete product has, by channel and language.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use product::{Completeness, Requirement, Subject, assess, check_requirements, default_requirements, grade};
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::errors::{check_code, invalid};
use crate::products::read::{by_ids, one};
use crate::products::scores::Scopes;
use crate::products::setup::{Setup, setup};

/// What a complete product has in a channel and a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CompletenessRules {
    /// The channel. `default` sets the completeness that products have themselves.
    pub channel: String,
    /// The language; `null` = the organisation's own.
    pub locale: Option<String>,
    /// What is required.
    pub requirements: Vec<Requirement>,
}

/// How complete a product is in a channel and a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScopedCompleteness {
    /// The channel.
    pub channel: String,
    /// The language; `null` = the organisation's own.
    pub locale: Option<String>,
    /// How complete it is there.
    #[serde(flatten)]
    pub completeness: Completeness,
}

impl CatalogDb {
    /// Returns the rules of every channel, the default channel first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn completeness_rules(&self, tenant: TenantId) -> Result<Vec<CompletenessRules>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        let mut rules =
            vec![CompletenessRules { channel: "default".to_owned(), locale: None, requirements: setup.requirements }];
        let mut scopes = setup.scopes;
        scopes.sort_by(|a, b| (&a.channel, &a.locale).cmp(&(&b.channel, &b.locale)));
        rules.extend(scopes.into_iter().map(|scope| CompletenessRules {
            channel: scope.channel,
            locale: Some(scope.locale).filter(|locale| !locale.is_empty()),
            requirements: scope.requirements,
        }));
        Ok(rules)
    }

    /// Sets the rules of a channel and a language, or deletes them if `requirements` is `None`. The caller starts the
    /// job that computes the completeness of the products again.
    ///
    /// # Errors
    /// 422 for an unknown criterion; 404 if there are no rules to delete.
    pub async fn set_completeness_rules(
        &self,
        tenant: TenantId,
        channel: &str,
        locale: Option<&str>,
        requirements: Option<&[Requirement]>,
        stamp: &Stamp,
    ) -> Result<Vec<Requirement>> {
        check_code(channel)?;
        if let Some(requirements) = requirements {
            check_requirements(requirements, locale).map_err(invalid)?;
        }
        let mut tx = begin(&self.pool, tenant).await?;
        let others = setup(&mut tx, tenant).await.map_err(error)?.scopes;
        let known = others
            .iter()
            .filter(|scope| scope.channel != channel || scope.locale != locale.unwrap_or_default())
            .count();
        if requirements.is_some() && known >= 20 {
            return Err(Error::invalid("channel", "too_many", messages::catalog::too_many_scopes()));
        }
        let before = sqlx::query_scalar!(
            r#"delete from completeness_rules where tenant_id = $1 and channel = $2 and locale = $3
               returning requirements as "requirements: Json<Vec<Requirement>>""#,
            tenant.0,
            channel,
            locale.unwrap_or_default()
        );
        let before = before.fetch_optional(&mut *tx).await.map_err(error)?;
        match requirements {
            Some(requirements) => {
                sqlx::query!(
                    "insert into completeness_rules (tenant_id, channel, locale, requirements, updated_at) values ($1, $2, $3, $4, $5)",
                    tenant.0,
                    channel,
                    locale.unwrap_or_default(),
                    Json(requirements) as _,
                    stamp.at
                )
                .execute(&mut *tx)
                .await
                .map_err(error)?;
            }
            None if before.is_none() => return Err(Error::NotFound(messages::things::completeness_rule())),
            None => {
                sqlx::query!(
                    "delete from product_completeness where tenant_id = $1 and channel = $2 and locale = $3",
                    tenant.0,
                    channel,
                    locale.unwrap_or_default()
                )
                .execute(&mut *tx)
                .await
                .map_err(error)?;
            }
        }
        let line = Change::new("completeness_rules.set", format!("{channel}/{}", locale.unwrap_or_default()));
        let line = line.from(json!(before)).to(json!(requirements));
        record_change(&mut tx, tenant, stamp, line).await?;
        tx.commit().await.map_err(error)?;
        Ok(requirements.map_or_else(default_requirements, <[Requirement]>::to_vec))
    }

    /// Returns how complete a product is in each channel and language.
    ///
    /// # Errors
    /// 404 if the product does not exist.
    pub async fn product_completeness(&self, tenant: TenantId, id: Uuid) -> Result<Vec<ScopedCompleteness>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let product = one(&mut tx, tenant, id).await?;
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        let family = setup.required_attributes(product.content.family.as_deref(), "default");
        let media = usize::try_from(product.media).unwrap_or_default();
        let own = assess(Subject { content: &product.content, media, family: &family }, &setup.requirements, None);
        let mut scopes = vec![ScopedCompleteness { channel: "default".to_owned(), locale: None, completeness: own }];
        let stored = sqlx::query!(
            "select channel, locale, score, missing, missing_required from product_completeness where tenant_id = $1 and product_id = $2 order by channel, locale",
            tenant.0,
            id
        );
        for row in stored.fetch_all(&mut *tx).await.map_err(error)? {
            let (missing, missing_required) = (row.missing, row.missing_required);
            let completeness =
                Completeness { score: row.score, grade: grade(row.score).to_owned(), missing, missing_required };
            scopes.push(ScopedCompleteness {
                channel: row.channel,
                locale: Some(row.locale).filter(|locale| !locale.is_empty()),
                completeness,
            });
        }
        Ok(scopes)
    }

    /// Stores how many media products have, as (product, number of media, time of the count), and computes their
    /// completeness again. A count that is older than the stored one changes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_media_counts(&self, tenant: TenantId, counts: &[(Uuid, i32, OffsetDateTime)]) -> Result<()> {
        let ids: Vec<Uuid> = counts.iter().map(|count| count.0).collect();
        let media: Vec<i32> = counts.iter().map(|count| count.1).collect();
        let noted: Vec<OffsetDateTime> = counts.iter().map(|count| count.2).collect();
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update products p set media = r.media, media_told_at = r.noted
             from unnest($2::uuid[], $3::int[], $4::timestamptz[]) as r(id, media, noted)
             where p.tenant_id = $1 and p.product_id = r.id and p.media <> r.media
               and (p.media_told_at is null or p.media_told_at < r.noted)",
            tenant.0,
            &ids,
            &media,
            &noted
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        reassess(&mut tx, tenant, &setup, &ids).await?;
        tx.commit().await.map_err(error)
    }
}

/// Computes the completeness of products again. Returns how many changed.
pub(crate) async fn reassess(tx: &mut TenantTx, tenant: TenantId, setup: &Setup, ids: &[Uuid]) -> Result<u64> {
    let mut scopes = Scopes::default();
    let (mut scores, mut missing, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for mut product in by_ids(tx, tenant, ids, true).await.map_err(error)? {
        scopes.assess(&mut product, setup);
        known.push(product.id);
        scores.push(product.completeness);
        missing.push(product.missing.join("\n"));
    }
    scopes.upsert(tx, tenant).await.map_err(error)?;
    let assessed = sqlx::query!(
        r"update products p set completeness = r.score, missing = string_to_array(r.missing, E'\n'), language = $5
          from unnest($2::uuid[], $3::smallint[], $4::text[]) as r(id, score, missing)
          where p.tenant_id = $1 and p.product_id = r.id
            and (p.completeness <> r.score or p.missing <> string_to_array(r.missing, E'\n') or p.language <> $5)",
        tenant.0,
        &known,
        &scores,
        &missing,
        setup.language
    );
    Ok(assessed.execute(&mut **tx).await.map_err(error)?.rows_affected())
}
