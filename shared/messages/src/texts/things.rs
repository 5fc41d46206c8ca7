//! The things of the product, as an answer names them.

use crate::entry::messages;

messages! {
    "things";
    api_key(): "API key", "clé d'API";
    account(): "account", "compte";
    attribute_group(): "attribute group", "groupe d'attributs";
    attribute(): "attribute", "attribut";
    automation(): "automation", "automatisation";
    batch(): "batch", "lot";
    category(): "category", "catégorie";
    change(): "change", "modification";
    completeness_rule(): "completeness rule", "règle de complétude";
    database(): "the database", "la base de données";
    destination(): "destination", "destination";
    export(): "export", "export";
    family(): "family", "famille";
    file(): "file", "fichier";
    import(): "import", "import";
    invitation(): "invitation", "invitation";
    job(): "job", "tâche";
    mapping(): "mapping", "correspondance";
    medium(): "medium", "média";
    member(): "member", "membre";
    object(): "object", "objet";
    offer(): "offer", "offre";
    organisation(): "organisation", "organisation";
    page(): "page", "page";
    product(): "product", "produit";
    role(): "role", "rôle";
    schedule(): "schedule", "planification";
    session(): "session", "session";
    setting(): "setting", "réglage";
    supplier(): "supplier", "fournisseur";
    template(): "template", "modèle";
    view(): "view", "vue";
    webhook(): "webhook", "webhook";
}
