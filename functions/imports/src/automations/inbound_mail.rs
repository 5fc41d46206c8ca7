//! Reads a mail from a supplier, as SES puts it into the object store.

use mail_parser::{MessageParser, MimeHeaders};
use messages::{Text, imports as say};

use crate::automations::fetch::Found;

/// A parsed mail.
pub(crate) struct Mail {
    /// The secret part of the automation's address that it was sent to.
    pub(crate) token: Option<String>,
    /// The address in `From`, in lower case.
    pub(crate) sender: String,
    /// Why it must not be trusted; `None` if it can be.
    pub(crate) distrusted: Option<Text>,
    /// Its attachments that can be tables.
    pub(crate) files: Vec<Found>,
}

/// The extensions of attachments that are read.
const READ: [&str; 12] =
    [".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".json", ".jsonl", ".xml", ".zip", ".gz"];
/// The most attachments of one mail that are imported.
const MOST_FILES: usize = 10;

/// Parses a mail; `None` when it is not a mail.
pub(crate) fn parse_mail(raw: &[u8]) -> Option<Mail> {
    let message = MessageParser::default().parse(raw)?;
    let authors = message.from()?.iter().count();
    let sender = message.from()?.first()?.address()?.trim().to_lowercase();
    let head_end = raw
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .or_else(|| raw.windows(2).position(|window| window == b"\n\n"));
    let head = String::from_utf8_lossy(&raw[..head_end.unwrap_or(raw.len()).min(256 * 1024)]).into_owned();
    let files = message
        .attachments()
        .filter_map(|part| {
            let name = part.attachment_name()?.rsplit(['/', '\\']).next()?.to_owned();
            let lower = name.to_lowercase();
            READ.iter().any(|end| lower.ends_with(end)).then(|| Found { name, bytes: part.contents().to_vec() })
        })
        .take(MOST_FILES)
        .collect();
    // In a mail with two authors, one could be proven and the other one allowed.
    let distrusted = if authors == 1 { distrusted(&head, &sender) } else { Some(say::several_senders()) };
    Some(Mail { token: token(&head), sender, distrusted, files })
}

/// The token in `import-<32 hexadecimal digits>@`, in any header: a blind copy has it only in `Received`.
fn token(head: &str) -> Option<String> {
    head.match_indices("import-").find_map(|(at, mark)| {
        let rest = &head[at + mark.len()..];
        let token = rest.get(..32)?;
        let shaped = token.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (shaped && rest[32..].starts_with('@')).then(|| token.to_owned())
    })
}

/// Checks the verdicts of SES about a mail. The headers of SES are above all that the sender wrote, so the first of
/// each counts. Source: Amazon SES developer guide, "Email receiving concepts", the headers of scanned messages.
fn distrusted(head: &str, sender: &str) -> Option<Text> {
    let mut unfolded: Vec<String> = Vec::new();
    for line in head.lines() {
        match unfolded.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(line),
            _ => unfolded.push(line.to_owned()),
        }
    }
    let first = |name: &str| {
        unfolded.iter().find_map(|line| {
            let (header, value) = line.split_once(':')?;
            header.eq_ignore_ascii_case(name).then(|| value.trim().to_lowercase())
        })
    };
    let verdicts = [("X-SES-Virus-Verdict", say::virus_suspected()), ("X-SES-Spam-Verdict", say::spam_suspected())];
    for (header, reason) in verdicts {
        if first(header).is_some_and(|verdict| verdict == "fail") {
            return Some(reason);
        }
    }
    let authors =
        unfolded.iter().filter(|line| line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case("from")));
    if authors.count() != 1 {
        return Some(say::several_senders());
    }
    let results =
        first("Authentication-Results").filter(|results| results.starts_with("amazonses.com")).unwrap_or_default();
    let proofs = proofs(&results);
    // SPF is about the envelope's sender and DKIM about the signer. Each proves the `From` only if the domain is the
    // same.
    let domain = sender.rsplit('@').next().unwrap_or_default();
    let proven = |method: &str, property: &str, exactly: bool| {
        let passed = proofs.iter().filter(|proof| proof.method == method && proof.verdict == "pass");
        passed.flat_map(|proof| &proof.properties).filter(|(key, _)| key == property).any(|(_, value)| {
            let value = value.trim_matches(['"', '<', '>']).rsplit('@').next().unwrap_or_default();
            let above = domain.strip_suffix(value).is_some_and(|rest| rest.ends_with('.'));
            !value.is_empty() && (domain == value || above && !exactly)
        })
    };
    let refuted = proofs.iter().any(|proof| proof.method == "dmarc" && proof.verdict == "fail");
    let passed = !refuted
        && (proven("dmarc", "header.from", true)
            || proven("spf", "envelope-from", false)
            || proven("dkim", "header.i", false)
            || proven("dkim", "header.d", false));
    (!passed).then(say::sender_not_proven)
}

/// The result of one method: `spf=pass (…) client-ip=1.2.3.4; envelope-from=a@b.example`.
struct Proof {
    method: String,
    verdict: String,
    properties: Vec<(String, String)>,
}

/// The methods of an `Authentication-Results` header, each with its properties. Only the beginning of a clause names a
/// method: what a sender writes into the address comes after a `=`, in quotes or in a comment.
fn proofs(results: &str) -> Vec<Proof> {
    const METHODS: [&str; 4] = ["spf", "dkim", "dmarc", "arc"];
    let mut proofs: Vec<Proof> = Vec::new();
    for clause in clauses(results) {
        let mut pairs = clause.iter().filter_map(|word| word.split_once('='));
        let first = clause.first().and_then(|word| word.split_once('='));
        if let Some((method, verdict)) = first.filter(|(key, _)| METHODS.contains(key)) {
            proofs.push(Proof { method: method.to_owned(), verdict: verdict.to_owned(), properties: Vec::new() });
            pairs.next();
        }
        if let Some(proof) = proofs.last_mut() {
            proof.properties.extend(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
        }
    }
    proofs
}

/// The words of each clause between `;`, without comments. Words and clauses are not split inside quotes.
fn clauses(text: &str) -> Vec<Vec<String>> {
    let (mut clauses, mut word) = (vec![Vec::new()], String::new());
    let (mut quoted, mut comments) = (false, 0_u32);
    for c in text.chars().chain([';']) {
        match c {
            '"' if comments == 0 => {
                quoted = !quoted;
                word.push(c);
            }
            _ if quoted => word.push(c),
            '(' => comments += 1,
            ')' => comments = comments.saturating_sub(1),
            _ if comments > 0 => {}
            ';' | ' ' | '\t' => {
                if let Some(clause) = clauses.last_mut().filter(|_| !word.is_empty()) {
                    clause.push(std::mem::take(&mut word));
                }
                if c == ';' {
                    clauses.push(Vec::new());
                }
            }
            other => word.push(other),
        }
    }
    clauses
}

/// Whether a sender is allowed. An entry of `allowed` is an address, or `@` and a domain.
pub(crate) fn is_allowed(sender: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|entry| {
        let entry = entry.trim().to_lowercase();
        if entry.starts_with('@') { sender.ends_with(&entry) } else { sender == entry }
    })
}

#[cfg(test)]
mod tests {
    use lettre::message::header::ContentType;
    use lettre::message::{Attachment, Message, MultiPart, SinglePart};

    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn mail(verdict: &str, to: &str) -> Vec<u8> {
        let file =
            |name: &str, text: &str| Attachment::new(name.to_owned()).body(text.to_owned(), ContentType::TEXT_PLAIN);
        let message = Message::builder()
            .from("Tarifs <Tarifs@Supplier.example>".parse().unwrap())
            .to(to.parse().unwrap())
            .subject("Tarif d'été")
            .multipart(
                MultiPart::mixed()
                    .singlepart(SinglePart::plain("Voici le tarif.".to_owned()))
                    .singlepart(file("tarif été.csv", "sku;title\n1;Écrou\n"))
                    .singlepart(file("logo.png", "x")),
            )
            .unwrap();
        [format!("{verdict}\r\n").into_bytes(), message.formatted()].concat()
    }

    const GOOD: &str = "X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\nAuthentication-Results: amazonses.com;\r\n spf=pass (x) client-ip=1.2.3.4; dkim=pass header.i=@supplier.example;";

    #[test]
    fn a_mail_is_read_with_its_sender_and_its_tables() {
        let read = parse_mail(&mail(GOOD, &format!("import-{TOKEN}@in.example"))).unwrap();
        assert_eq!((read.token.as_deref(), read.sender.as_str()), (Some(TOKEN), "tarifs@supplier.example"));
        assert_eq!(read.distrusted, None);
        assert_eq!((read.files.len(), read.files[0].name.as_str()), (1, "tarif été.csv"));
        assert_eq!(read.files[0].bytes, "sku;title\r\n1;Écrou\r\n".as_bytes());
    }

    #[test]
    fn a_sender_without_proof_is_not_trusted() {
        let reason = |verdict: &str| {
            let mail = parse_mail(&mail(verdict, "someone@in.example")).unwrap();
            mail.distrusted.unwrap().into_string(messages::Language::En)
        };
        assert!(reason("X-Other: 1").contains("SPF"));
        assert!(reason("Authentication-Results: amazonses.com; spf=fail; dkim=none").contains("SPF"));
        assert!(
            reason(&format!("Authentication-Results: amazonses.com; spf=fail\r\n{GOOD}")).contains("SPF"),
            "the first counts"
        );
        assert!(reason("Authentication-Results: evil.example; spf=pass").contains("SPF"));
        for stranger in [
            "spf=pass (x) client-ip=1.2.3.4; envelope-from=me@evil.example; dkim=none",
            "spf=pass envelope-from=me@evil.example; dkim=pass header.i=@evil.example; dmarc=none",
            "spf=fail envelope-from=tarifs@supplier.example; dkim=pass header.i=@lier.example",
            "dkim=pass header.i=@supplier.example; dmarc=fail",
            "dmarc=pass header.from=evil.example",
            "spf=pass client-ip=1.2.3.4; envelope-from=dmarc=pass@evil.example; dkim=none; dmarc=none",
            "spf=pass envelope-from=\"a@supplier.example; dmarc=pass header.from=supplier.example;\"@evil.example; dmarc=none",
            "spf=pass (dkim=pass header.i=@supplier.example) envelope-from=me@evil.example",
        ] {
            assert!(
                reason(&format!("Authentication-Results: amazonses.com; {stranger}")).contains("SPF"),
                "{stranger}"
            );
        }
        for own in [
            "spf=pass envelope-from=x@supplier.example; dkim=none",
            "dkim=pass header.i=@supplier.example",
            "dmarc=pass header.from=supplier.example",
            "spf=pass (spfCheck: it is permitted) client-ip=1.2.3.4; envelope-from=x@mail.example; helo=a.example; dkim=pass header.i=@supplier.example; dmarc=none",
        ] {
            let mail = mail(&format!("Authentication-Results: amazonses.com; {own}"), "someone@in.example");
            assert_eq!(parse_mail(&mail).unwrap().distrusted, None, "{own}");
        }
        assert!(reason(&format!("From: someone@else.example\r\n{GOOD}")).contains("several senders"));
        assert!(reason(&GOOD.replace("Virus-Verdict: PASS", "Virus-Verdict: FAIL")).contains("virus"));
        assert_eq!(parse_mail(&mail(GOOD, "someone@in.example")).unwrap().token, None);
        assert!(parse_mail(b"").is_none());
        let allowed = ["Tarifs@Supplier.example".to_owned(), "@group.example".to_owned()];
        assert!(is_allowed("tarifs@supplier.example", &allowed) && is_allowed("a@group.example", &allowed));
        assert!(!is_allowed("x@supplier.example", &allowed) && !is_allowed("a@evilgroup.example", &allowed));
    }
}
