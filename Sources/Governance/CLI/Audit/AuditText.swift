import Contract

/// Verdicts on the audit trail for people.
enum AuditText {
  /// A verdict, the chain's end, and what was found.
  static func render(_ verification: AuditVerificationView, language: Language) -> String {
    let french = language == .fr
    var lines = [
      verification.sound
        ? (french ? "Le journal d'audit est intact." : "The audit trail is sound.")
        : (french ? "Le journal d'audit a été ALTÉRÉ." : "The audit trail was TAMPERED WITH."),
      french
        ? "  scellées : \(verification.entries), jusqu'à la position \(verification.position)"
        : "  sealed: \(verification.entries), up to position \(verification.position)",
      (french ? "  maillon : " : "  link: ") + verification.link,
      (french ? "  ancrée sur le bus jusqu'à : " : "  anchored on the bus up to: ")
        + "\(verification.anchoredPosition)",
    ]
    let age = verification.oldestUnsealedSeconds.map { french ? " (depuis \(Int($0)) s)" : " (for \(Int($0)) s)" } ?? ""
    lines.append((french ? "  en attente du sceau : " : "  waiting for the seal: ") + "\(verification.unsealed)\(age)")
    lines += verification.erased.map { erased($0, french) }
    guard !verification.findings.isEmpty else { return lines.joined(separator: "\n") }
    var table = Table("POSITION", "ENTRY", "KIND", "MESSAGE")
    for finding in verification.findings {
      table.add("\(finding.position)", finding.entry.map { "\($0)" } ?? "-", finding.kind, finding.message)
    }
    lines.append(table.render(indent: "  "))
    lines += omitted(verification.findingsOmitted, french)
    return lines.joined(separator: "\n")
  }

  /// The same of an exported file: what is wrong first, and how far something else than the file vouches for it.
  static func render(_ verification: AuditFileVerification, language: Language) -> String {
    let french = language == .fr
    var lines = [
      verification.sound
        ? (french ? "L'export est intact." : "The export is sound.")
        : (french ? "L'export a été ALTÉRÉ." : "The export was TAMPERED WITH.")
    ]
    if let first = verification.findings.first {
      let entry = first.entry.map { french ? " (entrée \($0))" : " (entry \($0))" } ?? ""
      lines.append(
        (french ? "  d'abord à la position " : "  first at position ") + "\(first.position)\(entry): \(first.message)")
    }
    lines += [
      french
        ? "  entrées : \(verification.entries), positions \(verification.from) à \(verification.position)"
        : "  entries: \(verification.entries), positions \(verification.from) to \(verification.position)",
      (french ? "  maillon : " : "  link: ") + verification.link, anchors(verification, french),
    ]
    lines += verification.anchors.lost.map { lost($0, french) }
    lines += verification.erased.map { erased($0, french) }
    guard !verification.findings.isEmpty else { return lines.joined(separator: "\n") }
    var table = Table("POSITION", "LINE", "ENTRY", "KIND", "MESSAGE")
    for finding in verification.findings {
      table.add(
        "\(finding.position)", finding.line.map { "\($0)" } ?? "-", finding.entry.map { "\($0)" } ?? "-", finding.kind,
        finding.message)
    }
    lines.append(table.render(indent: "  "))
    lines += omitted(verification.findingsOmitted, french)
    return lines.joined(separator: "\n")
  }

  private static func anchors(_ verification: AuditFileVerification, _ french: Bool) -> String {
    let anchors = verification.anchors
    let unknown =
      french ? " ; d'une clé absente de --keys : \(anchors.unknownKey)" : "; by a key not given: \(anchors.unknownKey)"
    let strange = anchors.unknownKey > 0 ? unknown : ""
    guard anchors.agreeing > 0 else {
      return
        (french
        ? "  ancres concordantes : aucune ; rien d'autre que le fichier n'en répond"
        : "  anchors that agree: none; nothing but the file itself vouches for it") + strange
    }
    let signatures =
      anchors.verified
      ? (french ? "signatures vérifiées" : "signatures verified")
      : (french ? "signatures NON vérifiées, faute de --keys" : "signatures NOT verified, for want of --keys")
    var line =
      french
      ? "  ancres concordantes : \(anchors.agreeing), jusqu'à la position \(anchors.position) (\(signatures))"
      : "  anchors that agree: \(anchors.agreeing), up to position \(anchors.position) (\(signatures))"
    line += strange
    if anchors.beyond > 0 {
      line +=
        french
        ? "\n  entrées après la dernière ancre, dont rien d'autre ne répond : \(anchors.beyond)"
        : "\n  entries after the last anchor, for which nothing else vouches: \(anchors.beyond)"
    }
    return line
  }

  private static func lost(_ lost: AuditFileVerification.Lost, _ french: Bool) -> String {
    french
      ? "  ancres d'une vie perdue de la base, après la position \(lost.kept) : \(lost.anchors) ; une reprise est dite "
        + "à la position \(lost.position) : s'assurer qu'elle a eu lieu"
      : "  anchors of a life of the database that was lost, after position \(lost.kept): \(lost.anchors); a recovery "
        + "is told of at position \(lost.position): make sure that there was one"
  }

  private static func erased(_ erased: AuditVerificationView.Erased, _ french: Bool) -> String {
    french
      ? "  noms effacés par la règle : \(erased.names), positions \(erased.from) à \(erased.to), d'avant \(erased.before)"
        + " (\(erased.days) jours)"
      : "  names erased by the rule: \(erased.names), positions \(erased.from) to \(erased.to), before \(erased.before)"
        + " (\(erased.days) days)"
  }

  private static func omitted(_ count: Int, _ french: Bool) -> [String] {
    count > 0 ? [(french ? "  et d'autres : " : "  and more: ") + "\(count)"] : []
  }
}
