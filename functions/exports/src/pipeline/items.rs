//! Products of the catalogue become items for the channels.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use channels::{Item, ItemAttribute, attribute_texts};
use cloud::Objects;
use db_catalog::{Product, Snapshot};
use db_media::MediaDb;
use db_suppliers::SuppliersDb;
use product::{Attribute, AttributeKind};
use runtime::{Cx, Result, TenantId};
use uuid::Uuid;

use crate::pipeline::images::Source;

/// How long links to pictures are valid where no content delivery network exists: the longest that S3 allows.
const LINKS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The names of what products refer to by id or code: categories, suppliers, attributes, pictures.
pub(crate) struct Names {
    tenant: TenantId,
    locale: Option<String>,
    categories: BTreeMap<Uuid, Vec<String>>,
    suppliers: BTreeMap<Uuid, String>,
    attributes: BTreeMap<String, Attribute>,
    network: Option<String>,
}

/// An item with the sources of its images.
pub(crate) struct ItemWithImages {
    pub(crate) item: Item,
    pub(crate) sources: Vec<Source>,
}

impl Names {
    pub(crate) async fn read(cx: &Cx, tenant: TenantId, snapshot: &mut Snapshot, locale: Option<&str>) -> Result<Self> {
        let network = cx.env().optional("MEDIA_URL").filter(|url| !url.is_empty());
        Ok(Self {
            tenant,
            locale: locale.map(str::to_owned),
            categories: snapshot.category_paths(locale).await?,
            suppliers: cx.get::<SuppliersDb>().await?.supplier_names(tenant).await?,
            attributes: snapshot.attribute_definitions().await?,
            network: network.map(|url| url.trim_end_matches('/').to_owned()),
        })
    }

    /// Returns the codes and names of the attributes, in the order of their codes.
    pub(crate) fn attributes(&self) -> Vec<(String, String)> {
        self.attributes.iter().map(|(code, attribute)| (code.clone(), self.name(attribute))).collect()
    }

    /// Returns the ids and names of the suppliers.
    pub(crate) fn suppliers(&self) -> impl Iterator<Item = (&Uuid, &String)> {
        self.suppliers.iter()
    }

    fn name(&self, attribute: &Attribute) -> String {
        let own = self.locale.as_ref().and_then(|locale| attribute.names.get(locale));
        own.filter(|name| !name.is_empty()).unwrap_or(&attribute.name).clone()
    }

    /// Returns the pictures of products: address and key of each, by product.
    pub(crate) async fn pictures(&self, cx: &Cx, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Vec<(String, String)>>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let found = cx.get::<MediaDb>().await?.pictures_of(self.tenant, &ids).await?;
        let objects = cx.get::<Objects>().await?;
        let mut pictures = HashMap::with_capacity(found.len());
        for (product, keys) in found {
            let mut addresses = Vec::with_capacity(keys.len());
            for (_, key, _) in keys {
                let url = match &self.network {
                    Some(network) => format!("{network}/{key}"),
                    None => objects.presign_view(&key, LINKS).await?,
                };
                addresses.push((url, key));
            }
            pictures.insert(product, addresses);
        }
        Ok(pictures)
    }

    pub(crate) fn item(&self, product: Product, pictures: &HashMap<Uuid, Vec<(String, String)>>) -> ItemWithImages {
        let mut item = Item { id: product.id, content: product.content, ..Item::default() };
        if let Some(locale) = &self.locale {
            item.translate(locale);
        }
        let ids = item.content.category_ids.iter().flatten();
        item.categories =
            ids.filter_map(|id| self.categories.get(id).cloned()).filter(|path| !path.is_empty()).collect();
        item.supplier = item.content.supplier_id.and_then(|id| self.suppliers.get(&id).cloned());
        let attributes = item.content.attributes.iter().filter_map(|(code, value)| {
            let definition = self.attributes.get(code);
            let values = attribute_texts(value, self.locale.as_deref(), &|text| self.label(definition, text));
            let name = definition.map_or_else(|| code.clone(), |attribute| self.name(attribute));
            (!values.is_empty()).then(|| ItemAttribute { code: code.clone(), name, values })
        });
        item.attributes = attributes.collect();
        item.attributes.sort_by(|one, other| one.code.cmp(&other.code));
        let mut sources: Vec<Source> = item.images().iter().map(|url| Source::Web(url.clone())).collect();
        if let Some(own) = pictures.get(&item.id) {
            let urls = item.content.image_urls.get_or_insert_default();
            for (url, key) in own {
                urls.push(url.clone());
                sources.push(Source::Stored(key.clone()));
            }
        }
        ItemWithImages { item, sources }
    }

    /// Returns the name of an option; other texts stay unchanged.
    fn label(&self, definition: Option<&Attribute>, text: &str) -> String {
        let Some(attribute) =
            definition.filter(|one| matches!(one.kind, AttributeKind::Select | AttributeKind::MultiSelect))
        else {
            return text.to_owned();
        };
        let Some(option) = attribute.options.iter().find(|option| option.code == text) else { return text.to_owned() };
        let own = self.locale.as_ref().and_then(|locale| option.names.get(locale));
        own.filter(|name| !name.is_empty()).unwrap_or(&option.name).clone()
    }
}
