//! Servers that sellers name: FTP, SFTP, HTTP, S3.

use crate::entry::messages;

messages! {
    "servers";
    address_invalid(found):
        "expected an address such as https://…, found \"{found}\"",
        "une adresse comme https://… est attendue, et non « {found} »";
    address_scheme():
        "expected an address that starts with http:// or https://",
        "une adresse qui commence par http:// ou https:// est attendue";
    address_with_login():
        "expected an address without user name and password",
        "une adresse sans nom d'utilisateur ni mot de passe est attendue";
    address_without_host(): "expected an address with a host", "une adresse avec un nom de serveur est attendue";
    private_network():
        "expected an address on the public internet, found one in a private network",
        "une adresse sur l'internet public est attendue, celle-ci est dans un réseau privé";

    unreachable(reason): "the server could not be reached: {reason}", "le serveur n'a pas pu être joint : {reason}";
    no_answer(seconds): "it did not answer within {seconds} seconds", "il n'a pas répondu en {seconds} secondes";
    too_slow(seconds): "it took more than {seconds} seconds", "il a mis plus de {seconds} secondes";
    file_too_slow(seconds): "the file took more than {seconds} seconds", "le fichier a pris plus de {seconds} secondes";
    too_many_redirects(most): "it redirects more than {most} times", "il redirige plus de {most} fois";

    login_refused(reason):
        "the server does not let us in: {reason}; check user name, password and key",
        "le serveur ne nous laisse pas entrer : {reason} ; vérifiez le nom d'utilisateur, le mot de passe et la clé";
    account_refused(): "it refused the account", "il a refusé le compte";
    key_unreadable(problem): "the private key cannot be read: {problem}", "la clé privée est illisible : {problem}";
    host_key_changed(found):
        "the server shows another key than before ({found}); if it was replaced on purpose, save the connection with this key or without one",
        "le serveur montre une autre clé qu'auparavant ({found}) ; si elle a été remplacée exprès, enregistrez la connexion avec cette clé ou sans clé";
    certificate_unknown(found):
        "the server's certificate ({found}) is not signed by a known authority for this name, or is not the expected one; if it is the server's own, save the connection with this fingerprint as host_key",
        "le certificat du serveur ({found}) n'est pas signé par une autorité connue pour ce nom, ou n'est pas celui attendu ; si c'est bien celui du serveur, enregistrez la connexion avec cette empreinte comme host_key";

    refused(reason): "the server refused: {reason}", "le serveur a refusé : {reason}";
    status_unexpected(status):
        "expected the file, the server answered with status {status}",
        "le fichier est attendu, le serveur a répondu avec le statut {status}";
    success_expected(status):
        "expected a status from 200 to 299, the server answered {status}",
        "un statut de 200 à 299 est attendu, le serveur a répondu {status}";
    file_too_large(most):
        "expected a file of at most {most}, found a larger one",
        "un fichier de {most} au plus est attendu, celui-ci est plus grand";
    megabytes(count): "{count} MB", "{count} Mo";
    kilobytes(count): "{count} kB", "{count} ko";

    secret_lines(): "expected a secret in one line", "un secret sur une seule ligne est attendu";
    secrets_too_long(most):
        "expected secrets of at most {most} characters together; an Ed25519 key is short",
        "les secrets doivent faire au plus {most} caractères ensemble ; une clé Ed25519 est courte";
    slow(seconds):
        "the server is slow: expected an answer within {seconds} seconds",
        "le serveur est lent : une réponse est attendue en {seconds} secondes";
}
