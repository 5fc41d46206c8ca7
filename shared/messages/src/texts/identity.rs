//! Accounts, organisations, members, keys, and the mails to them.

use crate::entry::messages;

messages! {
    "identity";
    email_not_ascii(character, found):
        "expected an e-mail address of ASCII characters (a domain in its xn-- form), found {character} in \"{found}\"",
        "une adresse e-mail en caractères ASCII est attendue (un domaine sous sa forme xn--), et non {character} dans « {found} »";
    email_invalid(found):
        "expected an e-mail address such as marie@shop.example, found \"{found}\"",
        "une adresse e-mail comme marie@shop.example est attendue, et non « {found} »";
    name_length(most, found):
        "expected a name of 1 to {most} characters, found {found}",
        "un nom de 1 à {most} caractères est attendu, il en a {found}";
    name_invisible(character):
        "expected a name in one line of visible characters, found {character}",
        "un nom d'une ligne en caractères visibles est attendu, il contient {character}";
    time_zone_unknown(found):
        "expected an IANA time zone such as Europe/Paris, found \"{found}\"",
        "un fuseau horaire IANA comme Europe/Paris est attendu, et non « {found} »";
    role_name_unknown(found):
        "expected viewer, user, manager, admin, super_admin or the id of a role, found \"{found}\"",
        "viewer, user, manager, admin, super_admin ou l'identifiant d'un rôle est attendu, et non « {found} »";
    moment_out_of_range(days, found):
        "expected a moment in the next {days} days, found {found}",
        "un moment dans les {days} prochains jours est attendu, et non {found}";

    sign_up(): "the sign-up", "l'inscription";
    password_too_short(least, found):
        "expected a password of at least {least} characters, found {found}",
        "un mot de passe d'au moins {least} caractères est attendu, il en a {found}";
    password_too_long(most):
        "expected a password of at most {most} characters; a letter with an accent counts as two",
        "un mot de passe d'au plus {most} caractères est attendu ; une lettre accentuée compte pour deux";
    password_contains_email():
        "expected a password without the e-mail address in it",
        "le mot de passe ne doit pas contenir l'adresse e-mail";
    password_wrong(): "the password is not right", "le mot de passe est incorrect";
    password_of_sign_up_wrong():
        "this is not the password of the sign-up; if it was not you who signed up, or you have forgotten it, ask for a new one (POST /v1/auth/forgot-password), which confirms the address as well",
        "ce n'est pas le mot de passe de l'inscription ; si vous ne vous êtes pas inscrit vous-même, ou si vous l'avez oublié, demandez-en un nouveau (POST /v1/auth/forgot-password), ce qui confirme aussi l'adresse";
    password_of_new_account_missing():
        "expected a password for the new account, found none",
        "un mot de passe est attendu pour le nouveau compte";
    credentials_wrong():
        "e-mail address and password do not match; check both, or ask for a new password",
        "l'adresse e-mail et le mot de passe ne correspondent pas ; vérifiez-les, ou demandez un nouveau mot de passe";
    too_many_attempts(seconds):
        "too many attempts; try again in {seconds} seconds",
        "trop de tentatives ; réessayez dans {seconds} secondes";
    email_not_verified():
        "confirm your e-mail address first, by the link that was sent to it; POST /v1/auth/resend-verification sends another",
        "confirmez d'abord votre adresse e-mail par le lien qui vous a été envoyé ; POST /v1/auth/resend-verification en envoie un autre";
    email_unchanged(email):
        "expected another address, found {email}, which is yours already",
        "une autre adresse est attendue : {email} est déjà la vôtre";
    email_taken():
        "another account has this address; use another one",
        "un autre compte a cette adresse ; utilisez-en une autre";
    mail_sent_if_known():
        "if there is an account with this address, a mail is on its way to it",
        "s'il existe un compte avec cette adresse, un e-mail lui a été envoyé";
    mail_sent():
        "a mail is on its way to this address; follow the link in it",
        "un e-mail a été envoyé à cette adresse ; suivez le lien qu'il contient";
    mail_sent_to_new_address():
        "a mail is on its way to the new address; follow the link in it",
        "un e-mail a été envoyé à la nouvelle adresse ; suivez le lien qu'il contient";
    link_unknown():
        "this link is not valid; copy it whole from the mail, or ask for a new one",
        "ce lien n'est pas valable ; copiez-le en entier depuis l'e-mail, ou demandez-en un nouveau";
    link_spent():
        "this link is not valid any more: it was used, it is too old, or a newer one was sent; ask for a new one",
        "ce lien n'est plus valable : il a déjà servi, il est trop ancien, ou un plus récent a été envoyé ; demandez-en un nouveau";

    two_factor_on():
        "two-factor authentication is on already; turn it off first",
        "la double authentification est déjà activée ; désactivez-la d'abord";
    two_factor_off(): "two-factor authentication is off", "la double authentification est désactivée";
    two_factor_not_begun():
        "there is nothing to confirm; begin with POST /v1/me/two-factor",
        "il n'y a rien à confirmer ; commencez par POST /v1/me/two-factor";
    code_missing():
        "two-factor authentication is on; send the code that the app shows, or a recovery code, as `code`",
        "la double authentification est activée ; envoyez dans `code` le code que montre l'application, ou un code de secours";
    code_wrong():
        "this code is not right, or was used before; take the next one that the app shows, or a recovery code",
        "ce code est incorrect ou a déjà servi ; prenez le prochain que montre l'application, ou un code de secours";

    token_foreign():
        "the access token is not one of ours; log in again",
        "ce jeton d'accès ne vient pas de nous ; reconnectez-vous";
    token_expired():
        "the access token has expired; refresh it",
        "le jeton d'accès a expiré ; renouvelez-le";
    refresh_token_invalid():
        "the refresh token is not valid any more; log in again",
        "le jeton de renouvellement n'est plus valable ; reconnectez-vous";
    refresh_token_reused(): "a refresh token was used twice", "un jeton de renouvellement a servi deux fois";
    session_ended(): "this session has ended; log in again", "cette session est terminée ; reconnectez-vous";

    organisation_missing():
        "you belong to no organisation any more; ask for an invitation",
        "vous n'appartenez plus à aucune organisation ; demandez une invitation";
    too_many_organisations(most):
        "you belong to {most} organisations already; leave one first, or ask the support",
        "vous appartenez déjà à {most} organisations ; quittez-en une d'abord, ou demandez au support";
    plan_unknown(plan): "there is no plan \"{plan}\"", "il n'y a pas de formule « {plan} »";
    transfer_to_oneself(): "expected another member, found yourself", "un autre membre que vous-même est attendu";
    super_admin_needed():
        "only a Super Admin can transfer the organisation",
        "seul un super administrateur peut transférer l'organisation";
    last_super_admin():
        "an organisation needs a Super Admin; make another member one first",
        "une organisation a besoin d'un super administrateur ; donnez d'abord ce rôle à un autre membre";
    already_member():
        "this person is a member of the organisation already",
        "cette personne est déjà membre de l'organisation";
    already_invited():
        "this person is invited already; withdraw that invitation first",
        "cette personne est déjà invitée ; retirez d'abord cette invitation";
    invitation_over():
        "this invitation is not valid any more; ask the person who invited you for a new one",
        "cette invitation n'est plus valable ; demandez-en une nouvelle à la personne qui vous a invité";
    role_unknown():
        "the organisation has no such role; GET /v1/roles lists them",
        "l'organisation n'a pas ce rôle ; GET /v1/roles les donne tous";
    role_name_taken():
        "the organisation has a role with this name; choose another name",
        "l'organisation a déjà un rôle de ce nom ; choisissez un autre nom";
    role_in_use():
        "members or invitations have this role; give them another one first",
        "des membres ou des invitations ont ce rôle ; donnez-leur-en d'abord un autre";
    too_many_roles(most):
        "an organisation has at most {most} roles",
        "une organisation a au plus {most} rôles";

    too_many_keys(most):
        "an organisation has at most {most} keys; revoke one that is not used any more",
        "une organisation a au plus {most} clés ; révoquez-en une qui ne sert plus";
    permissions_missing():
        "expected at least one permission, found none",
        "une permission au moins est attendue";
    too_many_addresses(most, found):
        "expected at most {most} addresses, found {found}",
        "{most} adresses au plus sont attendues, il y en a {found}";
    network_invalid(found):
        "expected an address or a network such as 192.0.2.0/24, found \"{found}\"",
        "une adresse ou un réseau comme 192.0.2.0/24 est attendu, et non « {found} »";
    key_invalid():
        "this API key is unknown, revoked or expired; make a new one",
        "cette clé d'API est inconnue, révoquée ou expirée ; créez-en une nouvelle";
    key_not_allowed_from(address):
        "this API key may not be used from {address}; its allow-list names other addresses",
        "cette clé d'API ne peut pas être utilisée depuis {address} ; elle n'est permise que depuis d'autres adresses";
    unknown_address(): "an unknown address", "une adresse inconnue";
    too_many_webhooks(most):
        "there are {most} webhooks already; delete one first",
        "il y a déjà {most} webhooks ; supprimez-en un d'abord";

    setting_invalid(about, problem): "expected {about}: {problem}", "valeur attendue : {about} ({problem})";
    setting_default_currency():
        "the currency of prices in supplier files that name none, an ISO 4217 code",
        "la devise des prix quand un fichier de fournisseur n'en indique pas, un code ISO 4217";
    setting_two_factor_roles():
        "the roles whose members must use two-factor authentication, as a list of names or ids",
        "les rôles dont les membres doivent utiliser la double authentification, une liste de noms ou d'identifiants";
    setting_locale():
        "the language of the messages of imports, automations and stored results, and of invitations that name none: en or fr",
        "la langue des messages d'import, d'automatisation et des résultats enregistrés, et des invitations qui n'en indiquent pas : en ou fr";
    setting_offer_rule():
        "how the best of several offers is chosen: cheapest_in_stock, cheapest, fastest or preferred",
        "comment la meilleure de plusieurs offres est choisie : cheapest_in_stock, cheapest, fastest ou preferred";
    setting_max_file_bytes():
        "the largest file that is imported, in bytes, at most 50,000,000",
        "la taille maximale d'un fichier importé, en octets, au plus 50 000 000";
    setting_max_rows_csv():
        "the most rows of a CSV file that is imported, at most 200,000",
        "le nombre maximal de lignes d'un fichier CSV importé, au plus 200 000";
    setting_max_rows_excel():
        "the most rows of a workbook that is imported, at most 200,000",
        "le nombre maximal de lignes d'un classeur importé, au plus 200 000";
    setting_max_rows_json():
        "the most objects of a JSON file that is imported, at most 200,000",
        "le nombre maximal d'objets d'un fichier JSON importé, au plus 200 000";
    setting_max_rows_xml():
        "the most elements of an XML file that is imported, at most 200,000",
        "le nombre maximal d'éléments d'un fichier XML importé, au plus 200 000";
    setting_validation_rules():
        "rules that imported products have to keep, each with field, check (required, pattern, range, in_list, unique, compare, max_change) and severity (error, warning)",
        "les règles que les produits importés doivent respecter, chacune avec field, check (required, pattern, range, in_list, unique, compare, max_change) et severity (error, warning)";
    currency_invalid(found):
        "expected an ISO 4217 code such as EUR, found \"{found}\"",
        "un code ISO 4217 comme EUR est attendu, et non « {found} »";
    role_list_invalid(found):
        "expected names of roles such as super_admin, or ids, found \"{found}\"",
        "des noms de rôles comme super_admin, ou des identifiants, sont attendus, et non « {found} »";
    locale_unknown(found): "expected en or fr, found \"{found}\"", "en ou fr est attendu, et non « {found} »";

    mail_footer():
        "You get this mail because of your account at Products Manager.",
        "Vous recevez cet e-mail en raison de votre compte Products Manager.";
    mail_button_hint():
        "If the button does not work, copy this address into your browser:",
        "Si le bouton ne fonctionne pas, copiez cette adresse dans votre navigateur :";
    mail_link(action, link): "{action}: {link}", "{action} : {link}";
    mail_quote(words): "“{words}”", "« {words} »";
    mail_log_in(): "Log in", "Se connecter";

    verify_email_subject(): "Confirm your e-mail address", "Confirmez votre adresse e-mail";
    verify_email_welcome(email):
        "Welcome to Products Manager. Confirm that {email} is your address, then you can log in.",
        "Bienvenue dans Products Manager. Confirmez que {email} est bien votre adresse, puis connectez-vous.";
    verify_email_lifetime():
        "The link is valid for 24 hours. If you did not sign up, do nothing: without the confirmation nobody can use this account.",
        "Le lien est valable 24 heures. Si vous ne vous êtes pas inscrit, ne faites rien : sans confirmation, personne ne peut utiliser ce compte.";
    verify_email_action(): "Confirm the address", "Confirmer l'adresse";

    signed_up_again_subject(): "You already have an account", "Vous avez déjà un compte";
    signed_up_again_reason(email):
        "Somebody, probably you, wanted to sign up with {email}. This address has an account already: log in with it, and create another organisation from your profile if you need one.",
        "Quelqu'un, sans doute vous, a voulu s'inscrire avec {email}. Cette adresse a déjà un compte : connectez-vous, et créez une autre organisation depuis votre profil s'il vous en faut une.";
    signed_up_again_advice():
        "If you have forgotten your password, ask for a new one on the login page. If it was not you, there is nothing to do.",
        "Si vous avez oublié votre mot de passe, demandez-en un nouveau sur la page de connexion. Si ce n'était pas vous, il n'y a rien à faire.";

    reset_password_subject(): "Set a new password", "Choisissez un nouveau mot de passe";
    reset_password_reason(email):
        "Somebody, probably you, asked for a new password for {email}.",
        "Quelqu'un, sans doute vous, a demandé un nouveau mot de passe pour {email}.";
    reset_password_lifetime():
        "The link is valid for one hour, once. When the password is set, every device is logged out. If it was not you, do nothing: your password stays as it is.",
        "Le lien est valable une heure et ne sert qu'une fois. Une fois le mot de passe changé, tous les appareils sont déconnectés. Si ce n'était pas vous, ne faites rien : votre mot de passe reste le même.";
    reset_password_action(): "Set a new password", "Choisir un mot de passe";

    password_changed_subject(): "Your password was changed", "Votre mot de passe a été changé";
    password_changed_what(email):
        "The password of {email} was changed, and other devices were logged out.",
        "Le mot de passe de {email} a été changé et les autres appareils ont été déconnectés.";
    password_changed_advice():
        "If it was not you, set a new password at once with \"Forgot password?\" on the login page.",
        "Si ce n'était pas vous, choisissez tout de suite un nouveau mot de passe avec « Mot de passe oublié ? » sur la page de connexion.";

    confirm_new_email_subject(): "Confirm your new e-mail address", "Confirmez votre nouvelle adresse e-mail";
    confirm_new_email_reason(email):
        "You asked to log in with {email} from now on. Confirm that this address is yours.",
        "Vous souhaitez désormais vous connecter avec {email}. Confirmez que cette adresse est la vôtre.";
    confirm_new_email_lifetime():
        "The link is valid for one hour. Until then your old address stays.",
        "Le lien est valable une heure. D'ici là, votre ancienne adresse reste en place.";
    confirm_new_email_action(): "Confirm the new address", "Confirmer la nouvelle adresse";

    email_is_changing_subject():
        "Your e-mail address is about to change",
        "Votre adresse e-mail est sur le point de changer";
    email_is_changing_what(email):
        "Somebody who knows your password asked to change the address of your account to {email}. The change happens when that address is confirmed.",
        "Quelqu'un qui connaît votre mot de passe a demandé de remplacer l'adresse de votre compte par {email}. Le changement aura lieu quand cette adresse sera confirmée.";
    email_is_changing_advice():
        "If it was not you, change your password now: the link that was sent is then no longer valid.",
        "Si ce n'était pas vous, changez votre mot de passe maintenant : le lien envoyé ne sera alors plus valable.";

    invitation_subject(inviter, organisation):
        "{inviter} invites you to {organisation}",
        "{inviter} vous invite dans {organisation}";
    invitation_what(inviter, organisation):
        "{inviter} invites you to work on the catalogue of {organisation} in Products Manager.",
        "{inviter} vous invite à travailler sur le catalogue de {organisation} dans Products Manager.";
    invitation_lifetime(until):
        "The invitation is valid until {until}. If you have no account with this address, you choose a password when you accept.",
        "L'invitation est valable jusqu'au {until}. Si vous n'avez pas de compte avec cette adresse, vous choisirez un mot de passe en acceptant.";
    invitation_action(): "Accept the invitation", "Accepter l'invitation";
}
