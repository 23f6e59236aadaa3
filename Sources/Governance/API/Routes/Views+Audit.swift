import Contract
import Store

extension AuditEntryView {
  /// A stored entry as the API shows it.
  init(_ entry: AuditEntry) {
    let origin = entry.origin
    self.init(
      id: entry.id, at: entry.at, principal: entry.principal, roles: origin?.roles, traceparent: origin?.traceparent,
      action: entry.action, kind: entry.kind, name: entry.name, body: String(decoding: entry.body, as: UTF8.self),
      digest: entry.digestText,
      seal: entry.seal.map {
        Seal(position: $0.position, previous: $0.previousText, link: $0.linkText, sealedAt: $0.sealedAt)
      })
  }
}

extension AuditVerificationView {
  /// What came of a verification, with its sentences in `language`.
  init(_ verification: AuditVerification, language: Language) {
    let age = verification.oldestUnsealedAge.map {
      Double($0.components.seconds) + Double($0.components.attoseconds) / 1e18
    }
    self.init(
      sound: verification.isSound, entries: verification.entries, position: verification.head.position,
      link: verification.head.linkText, anchoredPosition: verification.anchoredPosition,
      findings: verification.findings.map { Finding($0, language: language) },
      findingsOmitted: verification.findingsOmitted, unsealed: verification.unsealed, oldestUnsealedSeconds: age)
  }
}

extension AuditVerificationView.Finding {
  init(_ finding: AuditFinding, language: Language) {
    self.init(
      kind: finding.kind.rawValue, position: finding.position, entry: finding.id,
      message: language == .fr ? Self.french(finding) : Self.english(finding))
  }

  private static func french(_ finding: AuditFinding) -> String {
    switch finding.kind {
    case .gap:
      "il manque les entrées à partir de la position \(finding.from ?? 1), avant la position \(finding.position)"
    case .order: "la position \(finding.position) n’est pas à sa place : deux fois la même, ou entrées permutées"
    case .body: "le contenu de l’entrée n’est plus celui dont l’empreinte a été prise"
    case .entry: "l’entrée, ou son maillon, n’est plus ce qui a été scellé"
    case .linkage: "l’entrée ne suit pas celle qui la précède : remplacée, ou entrée insérée"
    case .head: "la chaîne ne finit pas à la position \(finding.position), où elle devait finir"
    }
  }

  private static func english(_ finding: AuditFinding) -> String {
    switch finding.kind {
    case .gap: "entries are missing from position \(finding.from ?? 1) on, before position \(finding.position)"
    case .order: "position \(finding.position) is out of place: there twice, or entries changed places"
    case .body: "the entry's body is not the one that was digested"
    case .entry: "the entry, or its link, is not what was sealed"
    case .linkage: "the entry does not follow the one before it: replaced, or something was put between"
    case .head: "the chain does not end at position \(finding.position), where it should"
    }
  }
}
