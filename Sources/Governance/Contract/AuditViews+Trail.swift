public import Trail

extension AuditEntryView {
  /// A stored entry as the API shows it.
  public init(_ entry: AuditEntry) {
    let origin = entry.origin
    let person =
      AuditPerson.isPseudonym(entry.principal)
      ? Person(pseudonym: entry.principal, salt: entry.person.map { HexText.encode($0.salt) }) : nil
    self.init(
      id: entry.id, at: entry.at, principal: entry.who, person: person, erasedAt: entry.erasedAt, roles: origin?.roles,
      reason: origin?.reason, traceparent: origin?.traceparent,
      action: entry.action, kind: entry.kind, name: entry.name, body: String(decoding: entry.body, as: UTF8.self),
      digest: entry.digestText,
      seal: entry.seal.map {
        Seal(position: $0.position, previous: $0.previousText, link: $0.linkText, sealedAt: $0.sealedAt)
      })
  }

  /// The entry that is shown; nil where digests, links or the chance of a pseudonym are not hexadecimal.
  public var entry: AuditEntry? {
    guard let digest = HexText.decode(digest) else { return nil }
    var entry = AuditEntry(
      id: id, at: at, principal: person?.pseudonym ?? principal, action: action, kind: kind, name: name,
      body: Array(body.utf8), digest: digest, erasedAt: erasedAt)
    if let salt = person?.salt {
      guard let bytes = HexText.decode(salt) else { return nil }
      entry.person = AuditPerson(name: principal, salt: bytes)
    } else if let person, person.pseudonym != principal {
      return nil
    }
    if let seal {
      guard let previous = HexText.decode(seal.previous), let link = HexText.decode(seal.link) else { return nil }
      entry.seal = AuditSeal(position: seal.position, previous: previous, link: link, sealedAt: seal.sealedAt)
    }
    return entry
  }
}

extension AuditVerificationView {
  /// What came of a verification, with its sentences in `language`.
  public init(_ verification: AuditVerification, language: Language) {
    let age = verification.oldestUnsealedAge.map {
      Double($0.components.seconds) + Double($0.components.attoseconds) / 1e18
    }
    self.init(
      sound: verification.isSound, entries: verification.entries, position: verification.head.position,
      link: verification.head.linkText, anchoredPosition: verification.anchoredPosition,
      findings: verification.findings.map { Finding($0, language: language) },
      findingsOmitted: verification.findingsOmitted, erased: verification.erased.map { Erased($0) },
      unsealed: verification.unsealed, oldestUnsealedSeconds: age)
  }
}

extension AuditVerificationView.Erased {
  /// What was erased, as the trail tells of it.
  public init(_ erasure: AuditErasure) {
    self.init(
      from: erasure.from, to: erasure.to, before: erasure.before, days: erasure.days, names: erasure.names)
  }
}

extension AuditVerificationView.Finding {
  /// A finding with its sentence in `language`.
  public init(_ finding: AuditFinding, language: Language) {
    self.init(
      kind: finding.kind.rawValue, position: finding.position, entry: finding.id, message: finding.sentence(language))
  }
}

extension AuditFinding {
  /// What is wrong, for people.
  public func sentence(_ language: Language) -> String { language == .fr ? french : english }

  private var french: String {
    switch kind {
    case .gap:
      "il manque les entrées à partir de la position \(from ?? 1), avant la position \(position)"
    case .order: "la position \(position) n’est pas à sa place : deux fois la même, ou entrées permutées"
    case .body: "le contenu de l’entrée n’est plus celui dont l’empreinte a été prise"
    case .entry: "l’entrée, ou son maillon, n’est plus ce qui a été scellé"
    case .linkage: "l’entrée ne suit pas celle qui la précède : remplacée, ou entrée insérée"
    case .person: "le nom n’est pas celui qui a été scellé, ou a disparu sans que la règle l’ait effacé"
    case .erasure: "l’entrée parle de noms effacés, et la règle n’a pas pu les effacer ainsi"
    case .head: "la chaîne ne finit pas à la position \(position), où elle devait finir"
    case .anchor:
      subject.map { "une ancre est de la position \($0), où la chaîne n’arrive pas : ses dernières entrées manquent" }
        ?? "l’ancre que garde la gouvernance n’est pas de ce maillon : le journal, ou l’ancre, a été refait"
    case .decision: "la décision \(subject ?? "") n’est plus celle dont parle le journal, ou a disparu"
    case .version:
      subject.map { "la version \($0) de la politique n’est pas celle dont parle le journal" }
        ?? "le journal parle d’une version de la politique qui n’existe pas"
    case .proposal: "la proposition \(subject ?? "") n’est pas ce qu’en dit le journal : texte ou état"
    case .vote: "les votes sur la proposition \(subject ?? "") ne sont pas ceux dont parle le journal"
    case .impact: "l’impact \(subject ?? "") n’est pas, ou plus, celui que les votants ont pu lire"
    }
  }

  private var english: String {
    switch kind {
    case .gap: "entries are missing from position \(from ?? 1) on, before position \(position)"
    case .order: "position \(position) is out of place: there twice, or entries changed places"
    case .body: "the entry's body is not the one that was digested"
    case .entry: "the entry, or its link, is not what was sealed"
    case .linkage: "the entry does not follow the one before it: replaced, or something was put between"
    case .person: "the name is not the one that was sealed, or is gone without having been erased by the rule"
    case .erasure: "the entry tells of names that were erased, and the rule can not have erased them like that"
    case .head: "the chain does not end at position \(position), where it should"
    case .anchor:
      subject.map { "an anchor is of position \($0), which the chain does not reach: its last entries are gone" }
        ?? "the anchor that governance keeps is not of this link: the trail, or the anchor, was made anew"
    case .decision: "decision \(subject ?? "") is not the one that the trail tells of, or is gone"
    case .version:
      subject.map { "version \($0) of the policy is not the one that the trail tells of" }
        ?? "the trail tells of a version of the policy that there is not"
    case .proposal: "proposal \(subject ?? "") is not what the trail says of it: its text or its state"
    case .vote: "the votes on proposal \(subject ?? "") are not those that the trail tells of"
    case .impact: "impact \(subject ?? "") is not, or not any more, the one that voters could read"
    }
  }
}
