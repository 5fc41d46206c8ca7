//! What every function answers: who calls, what they may do, how often, what a request must be.

use crate::entry::messages;

messages! {
    "runtime";
    bad_request_title(): "Bad request", "Requête incorrecte";
    unauthenticated_title(): "Not authenticated", "Non authentifié";
    refused_title(): "Permission denied", "Accès refusé";
    not_found_title(): "Not found", "Introuvable";
    conflict_title(): "Conflict", "Conflit";
    changed_title(): "Changed meanwhile", "Modifié entre-temps";
    version_needed_title(): "Version needed", "Version requise";
    too_large_title(): "Body too large", "Requête trop volumineuse";
    too_many_requests_title(): "Too many requests", "Trop de requêtes";
    invalid_title(): "Validation failed", "Valeurs incorrectes";
    unavailable_title(): "Temporarily unavailable", "Temporairement indisponible";
    internal_title(): "Internal error", "Erreur interne";

    token_missing():
        "send an access token in the header `Authorization: Bearer …`",
        "envoyez un jeton d'accès dans l'en-tête `Authorization: Bearer …`";
    changed(version):
        "somebody changed it meanwhile, it has version {version} now; read it again, then change it",
        "quelqu'un l'a modifié entre-temps, la version est maintenant {version} ; relisez-le, puis modifiez-le";
    version_needed():
        "send the ETag that you read as the header If-Match, so that nobody's change is lost; * changes any version",
        "envoyez l'ETag que vous avez lu dans l'en-tête If-Match, pour ne perdre la modification de personne ; * modifie n'importe quelle version";
    too_large(most):
        "expected a body of at most {most} bytes; send less at a time",
        "le corps de la requête doit faire au plus {most} octets ; envoyez moins à la fois";
    forbidden(permission):
        "this needs the permission {permission}; ask an administrator of your organisation for it",
        "il faut pour cela la permission {permission} ; demandez-la à un administrateur de votre organisation";
    permission_not_held(permission):
        "this would give the permission {permission}, which you do not hold yourself; ask somebody who holds it",
        "cela donnerait la permission {permission}, que vous n'avez pas vous-même ; demandez à quelqu'un qui l'a";
    not_found(what): "there is no such {what}", "introuvable : {what}";
    invalid(field, message): "{field}: {message}", "{field} : {message}";
    many_invalid(count): "{count} values are not acceptable", "{count} valeurs sont incorrectes";
    unavailable(what):
        "{what} does not answer at the moment; try again in a minute",
        "{what} ne répond pas pour le moment ; réessayez dans une minute";
    internal():
        "something went wrong on our side; try again, and quote the request id to the support",
        "une erreur s'est produite de notre côté ; réessayez, et indiquez au support l'identifiant de la requête";
    limit_reached(quota, seconds):
        "your organisation may make {quota} requests a minute, and has made them; try again in {seconds} seconds, or ask the support for more",
        "votre organisation peut faire {quota} requêtes par minute et les a faites ; réessayez dans {seconds} secondes, ou demandez plus au support";
    hourly_limit_reached(quota, seconds):
        "your organisation may make {quota} requests an hour, and has made them; try again in {seconds} seconds, or ask the support for more",
        "votre organisation peut faire {quota} requêtes par heure et les a faites ; réessayez dans {seconds} secondes, ou demandez plus au support";
    bulk_limit_reached(quota, seconds):
        "your organisation may make {quota} bulk operations a minute, and has made them; try again in {seconds} seconds, or ask the support for more",
        "votre organisation peut faire {quota} opérations en masse par minute et les a faites ; réessayez dans {seconds} secondes, ou demandez plus au support";

    not_an_object(): "expected a JSON object, found an array", "un objet JSON est attendu, c'est un tableau";
    not_json(problem):
        "expected a JSON body, found something else: {problem}",
        "le corps de la requête doit être du JSON : {problem}";
    too_long(most): "expected at most {most} characters", "{most} caractères au plus sont attendus";
    etag_invalid(found):
        "expected the ETag of an earlier answer, such as \"7\", or *, found {found}",
        "l'ETag d'une réponse précédente est attendu, par exemple \"7\", ou *, et non {found}";
    two_factor_required():
        "your organisation requires two-factor authentication for your role; set it up (POST /v1/me/two-factor), then try again",
        "votre organisation exige la double authentification pour votre rôle ; activez-la (POST /v1/me/two-factor), puis réessayez";
    person_needed():
        "an API key cannot do this; log in as a person",
        "une clé d'API ne peut pas faire cela ; connectez-vous en tant que personne";
    no_parameters(): "this function takes no query parameters", "cette fonction n'accepte pas de paramètres";
    unknown_parameter(names): "expected one of {names}", "l'un de ceux-ci est attendu : {names}";
    repeated_parameter(): "expected one value, found several", "une seule valeur est attendue, il y en a plusieurs";
    control_character(): "expected text without NUL characters", "un texte sans caractère NUL est attendu";
    out_of_range(least, most, found):
        "expected {least} to {most}, found {found}",
        "un nombre de {least} à {most} est attendu, et non {found}";
    cursor_invalid():
        "expected the next_cursor of an earlier page",
        "le next_cursor d'une page précédente est attendu";

    role_viewer(): "Viewer", "Lecteur";
    role_user(): "User", "Utilisateur";
    role_manager(): "Manager", "Gestionnaire";
    role_admin(): "Admin", "Administrateur";
    role_super_admin(): "Super Admin", "Super administrateur";
    permission_unknown(found):
        "expected a permission such as read:products (GET /v1/permissions lists them), found \"{found}\"",
        "une permission comme read:products est attendue (GET /v1/permissions les donne toutes), et non « {found} »";
    may_everybody(): "Everybody, without a token.", "Tout le monde, sans jeton.";
    may_everybody_logged_in():
        "Every person who is logged in.",
        "Toute personne connectée.";
    may_products_read():
        "See products, variants, categories, attributes, their history and their completeness.",
        "Voir les produits, les variantes, les catégories, les attributs, leur historique et leur complétude.";
    may_products_write():
        "Create, change, duplicate, merge and restore products, categories and attributes.",
        "Créer, modifier, dupliquer, fusionner et restaurer des produits, des catégories et des attributs.";
    may_products_delete():
        "Move products to the trash, and empty it.",
        "Mettre des produits à la corbeille, et la vider.";
    may_suppliers_read(): "See suppliers and their references.", "Voir les fournisseurs et leurs références.";
    may_suppliers_write(): "Create, change and archive suppliers.", "Créer, modifier et archiver des fournisseurs.";
    may_suppliers_delete():
        "Delete suppliers that have no products.",
        "Supprimer des fournisseurs qui n'ont pas de produits.";
    may_media_read(): "See images and their sizes.", "Voir les images et leurs tailles.";
    may_media_write():
        "Add images, order them and change their texts.",
        "Ajouter des images, les ordonner et modifier leurs textes.";
    may_media_delete(): "Delete images.", "Supprimer des images.";
    may_code2asin_read():
        "See EANs, ASINs and the results of Code2ASIN.",
        "Voir les EAN, les ASIN et les résultats de Code2ASIN.";
    may_code2asin_write():
        "Start a Code2ASIN search, accept its results, and assign EANs.",
        "Lancer une recherche Code2ASIN, accepter ses résultats et attribuer des EAN.";
    may_code2asin_delete():
        "Delete Code2ASIN jobs and their results.",
        "Supprimer des tâches Code2ASIN et leurs résultats.";
    may_templates_read(): "See mapping and export templates.", "Voir les modèles de correspondance et d'export.";
    may_templates_write():
        "Create and change mapping and export templates.",
        "Créer et modifier des modèles de correspondance et d'export.";
    may_templates_delete():
        "Delete mapping and export templates.",
        "Supprimer des modèles de correspondance et d'export.";
    may_prices_read():
        "See prices, competitors' prices and price alerts.",
        "Voir les prix, les prix des concurrents et les alertes de prix.";
    may_prices_write():
        "Change price lists, price rules, watched competitors and alerts.",
        "Modifier les listes de prix, les règles de prix, les concurrents suivis et les alertes.";
    may_prices_delete():
        "Delete price lists, price rules and watched competitors.",
        "Supprimer des listes de prix, des règles de prix et des concurrents suivis.";
    may_tags_read(): "See tags.", "Voir les étiquettes.";
    may_tags_write(): "Create, rename and assign tags.", "Créer, renommer et attribuer des étiquettes.";
    may_tags_delete(): "Delete tags.", "Supprimer des étiquettes.";
    may_imports_read():
        "See imports, their progress, previews and errors.",
        "Voir les imports, leur progression, leurs aperçus et leurs erreurs.";
    may_imports_write():
        "Upload a file, map its columns, preview it and import it.",
        "Déposer un fichier, associer ses colonnes, en voir l'aperçu et l'importer.";
    may_imports_delete():
        "Undo an import, and delete imports with their files.",
        "Annuler un import, et supprimer des imports avec leurs fichiers.";
    may_imports_start():
        "Run an automation now, let through an import that a guard holds, and resume an import that failed or stopped.",
        "Exécuter une automatisation maintenant, laisser passer un import retenu par un contrôle, et reprendre un import qui a échoué ou s'est arrêté.";
    may_imports_cancel(): "Stop an import that somebody else began.", "Arrêter un import que quelqu'un d'autre a lancé.";
    may_imports_manage():
        "Set up automations, their schedules and their sources.",
        "Configurer les automatisations, leurs planifications et leurs sources.";
    may_exports_read(): "See exports and download their files.", "Voir les exports et télécharger leurs fichiers.";
    may_exports_write(): "Start and cancel exports.", "Lancer et annuler des exports.";
    may_exports_manage():
        "Set up export schedules and where their files are delivered.",
        "Configurer les planifications d'exports et la livraison de leurs fichiers.";
    may_cache_read(): "See what is cached and how old it is.", "Voir ce qui est en cache et depuis quand.";
    may_cache_write(): "Refresh cached data.", "Rafraîchir les données en cache.";
    may_cache_manage(): "Empty caches.", "Vider les caches.";
    may_files_read():
        "See and download the organisation's files.",
        "Voir et télécharger les fichiers de l'organisation.";
    may_files_write():
        "Move, rename and delete the organisation's files.",
        "Déplacer, renommer et supprimer les fichiers de l'organisation.";
    may_files_upload(): "Upload files.", "Déposer des fichiers.";
    may_workflows_read():
        "See automations across modules and their runs.",
        "Voir les automatisations entre modules et leurs exécutions.";
    may_workflows_write():
        "Create and change automations across modules.",
        "Créer et modifier des automatisations entre modules.";
    may_workflows_execute(): "Run an automation now.", "Exécuter une automatisation maintenant.";
    may_workflows_delete(): "Delete automations.", "Supprimer des automatisations.";
    may_environmental_data_read():
        "See environmental and compliance data.",
        "Voir les données environnementales et de conformité.";
    may_environmental_data_write():
        "Change environmental and compliance data.",
        "Modifier les données environnementales et de conformité.";
    may_ai_metadata_read(): "See what AI proposed, and when.", "Voir ce que l'IA a proposé, et quand.";
    may_ai_metadata_write():
        "Accept, change and refuse what AI proposed.",
        "Accepter, modifier et refuser ce que l'IA a proposé.";
    may_integrations_read():
        "See connections to Odoo, shops and marketplaces, API keys and webhooks, never their secrets.",
        "Voir les connexions à Odoo, aux boutiques et aux places de marché, les clés d'API et les webhooks, jamais leurs secrets.";
    may_integrations_manage():
        "Set up connections to Odoo, shops and marketplaces, API keys and webhooks.",
        "Configurer les connexions à Odoo, aux boutiques et aux places de marché, les clés d'API et les webhooks.";
    may_enrichment_read(): "See enrichment jobs and their costs.", "Voir les tâches d'enrichissement et leurs coûts.";
    may_enrichment_manage(): "Start and configure enrichment.", "Lancer et configurer l'enrichissement.";
    may_reports_read(): "See reports.", "Voir les rapports.";
    may_reports_manage(): "Create, change and schedule reports.", "Créer, modifier et planifier des rapports.";
    may_analytics_read(): "See statistics and dashboards.", "Voir les statistiques et les tableaux de bord.";
    may_system_read():
        "See usage, limits and the state of the organisation's jobs.",
        "Voir l'utilisation, les limites et l'état des tâches de l'organisation.";
    may_monitoring_read(): "See the health of jobs and deliveries.", "Voir la santé des tâches et des livraisons.";
    may_admin_access():
        "Open the administration, and see the audit trail.",
        "Ouvrir l'administration, et voir le journal d'audit.";
    may_admin_users(): "See members and invitations.", "Voir les membres et les invitations.";
    may_admin_user_create(): "Invite people.", "Inviter des personnes.";
    may_admin_user_update():
        "Change invitations, and end other members' sessions.",
        "Modifier des invitations, et mettre fin aux sessions d'autres membres.";
    may_admin_user_delete():
        "Remove members, and withdraw invitations.",
        "Retirer des membres, et retirer des invitations.";
    may_admin_role_assign(): "Change a member's role.", "Changer le rôle d'un membre.";
    may_admin_permission_assign():
        "Create, change and delete the organisation's own roles.",
        "Créer, modifier et supprimer les rôles propres à l'organisation.";
    may_admin_settings():
        "See and change the organisation's name and settings, and revert them.",
        "Voir et modifier le nom et les réglages de l'organisation, et rétablir d'anciennes valeurs.";
    may_admin_amazon_api_global():
        "Change the Amazon credentials that the whole organisation uses.",
        "Modifier les identifiants Amazon que toute l'organisation utilise.";

    field_required(): "this field is required", "ce champ est obligatoire";
    field_unknown(found, known):
        "there is no field \"{found}\" here; expected one of {known}",
        "il n'y a pas de champ « {found} » ici ; ceux-ci existent : {known}";
    no_field(found): "there is no field \"{found}\" here", "il n'y a pas de champ « {found} » ici";

    fault():
        "something is wrong on our side, and trying again will not help; we have been notified, quote the request id to the support",
        "quelque chose ne va pas de notre côté, et réessayer n'y changera rien ; nous en sommes informés, indiquez au support l'identifiant de la requête";
    idempotency_key_reused():
        "another request was sent with this Idempotency-Key; send a new key with a new request",
        "une autre requête a été envoyée avec cette Idempotency-Key ; envoyez une nouvelle clé avec une nouvelle requête";
}
