//! The words of a search, in the catalogue's language, and the correction of misspelt ones.

use std::collections::BTreeMap;

use db_tenancy::{TenantTx, error};
use runtime::{Result, TenantId};
use sqlx::{Postgres, QueryBuilder};

/// The words of a search, as queries.
pub(crate) struct Words {
    /// A text search query, in the tenant's language and in no particular language.
    pub(crate) query: String,
    /// The whole text, if it may be a code.
    pub(crate) code: Option<String>,
}

/// Returns the words of a text as a text search query. Each word must match, in the tenant's language or exactly; the
/// last word may be the start of a longer one. `corrected` has similar words for misspelt ones.
pub(crate) async fn understand(
    tx: &mut TenantTx,
    tenant: TenantId,
    text: &str,
    corrected: &BTreeMap<String, Vec<String>>,
) -> Result<Words> {
    // Stop words of the tenant's language (`de`, `the`) are not indexed.
    let significant = sqlx::query!(
        "select l.language as \"language!\",
                array(select word from regexp_split_to_table(plain_text($2), '[^[:alnum:]]+') with ordinality as w(word, place)
                      where word <> '' and numnode(to_tsquery(l.language::regconfig, word)) > 0 order by place limit 20) as \"words!\"
         from (select coalesce((select language from catalogs where tenant_id = $1), 'simple') as language) as l",
        tenant.0,
        text
    );
    let significant = significant.fetch_one(&mut **tx).await.map_err(error)?;
    let (language, words) = (significant.language, significant.words);
    let mut parts = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let prefix = if at + 1 == words.len() && word.len() >= 2 { ":*" } else { "" };
        let mut choices = vec![format!("to_tsquery('{language}', '{word}') || to_tsquery('simple', '{word}{prefix}')")];
        for other in corrected.get(word).into_iter().flatten() {
            choices.push(format!("to_tsquery('simple', '{other}') || to_tsquery('{language}', '{other}')"));
        }
        parts.push(format!("({})", choices.join(" || ")));
    }
    let code =
        (!text.contains(char::is_whitespace) || text.chars().any(|c| c.is_ascii_digit())).then(|| text.to_owned());
    Ok(Words { query: parts.join(" && "), code })
}

/// Returns, for each word that no title has, the most similar words of titles.
pub(crate) async fn similar_words(
    tx: &mut TenantTx,
    tenant: TenantId,
    text: &str,
) -> Result<BTreeMap<String, Vec<String>>> {
    let mut corrected = BTreeMap::new();
    for word in title_words(text).take(6) {
        let known =
            sqlx::query_scalar!("select 1 as \"one!\" from words where tenant_id = $1 and word = $2", tenant.0, word);
        if known.fetch_optional(&mut **tx).await.map_err(error)?.is_some() {
            continue;
        }
        let similar = sqlx::query_scalar!(
            "select word as \"word!\" from found_words where word % $1 and similarity(word, $1) >= 0.45 and abs(length(word) - length($1)) <= 3
             order by similarity(word, $1) desc, word limit 3",
            word
        );
        let similar = similar.fetch_all(&mut **tx).await.map_err(error)?;
        if !similar.is_empty() {
            corrected.insert(word, similar);
        }
    }
    Ok(corrected)
}

/// Adds the condition that a product has the words or the code. If the text has only stop words, no product matches.
pub(crate) fn push_words(sql: &mut QueryBuilder<Postgres>, words: &Words) {
    sql.push(" and (false");
    if !words.query.is_empty() {
        sql.push(format!(" or words @@ ({})", words.query));
    }
    if let Some(code) = &words.code {
        sql.push(" or ");
        push_code(sql, code);
    }
    sql.push(")");
}

/// Adds the condition that a product has exactly this SKU or GTIN.
pub(crate) fn push_code(sql: &mut QueryBuilder<Postgres>, code: &str) {
    let digits: String = code.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    sql.push("(sku = ").push_bind(code.to_owned());
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && (8..=14).contains(&digits.len()) {
        sql.push(" or gtin14 = ").push_bind(format!("{digits:0>14}"));
    }
    sql.push(")");
}

/// Returns the words of a title that correct misspelt ones: in lower case, without accents, of 4 to 40 letters or
/// digits, one letter at least.
pub(crate) fn title_words(title: &str) -> impl Iterator<Item = String> {
    let plain = deunicode::deunicode(title).to_lowercase();
    let words: Vec<String> = plain.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect();
    words
        .into_iter()
        .filter(|word| (4..=40).contains(&word.len()) && word.bytes().any(|byte| byte.is_ascii_alphabetic()))
}
