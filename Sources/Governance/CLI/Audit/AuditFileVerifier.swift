import Contract
import Crypto
import Events
import Foundation
import Model
import Trail

/// Judges an exported trail line by line, with nothing but the file, governance's public keys, and anchors from elsewhere.
struct AuditFileVerifier {
  private typealias Finding = AuditFileVerification.Finding

  private let language: Language
  private let keys: EventVerifier?
  /// Anchors from elsewhere, by position.
  private let outside: [Int64: [AuditAnchor]]

  private var chain: AuditVerifier?
  private var from: Int64 = 1
  private var last: (seal: AuditSeal, id: Int64)?
  private var lines = 0
  private var hash = SHA256()
  private var end: AuditFileEnd?
  private var isWhole = true
  private var isFollowed = false
  private var agreeing = 0
  private var anchored: Int64 = 0
  private var unknownKeys = 0
  private var lastMoment = Timestamp(microseconds: 0)
  /// The latest moment of what stands after the last anchor that agrees.
  private var latestMoment = Timestamp(microseconds: 0)
  private var anchoredMoment = Timestamp(microseconds: 0)
  private var recoveries: [AuditRecovery] = []
  /// By epoch, the last position that an anchor vouches for that is believed.
  private var reaches: [Int64: Int64] = [:]
  /// Anchors from elsewhere that say another link than the entry at their position.
  private var strangers: [(anchor: AuditAnchor, id: Int64)] = []
  private var findings: [Finding] = []
  private var omitted = 0

  /// - Parameters:
  ///   - keys: governance's; without them nothing tells who has written an anchor.
  ///   - anchors: from elsewhere, already believed.
  init(language: Language, keys: EventVerifier? = nil, anchors: [AuditAnchor] = []) {
    self.language = language
    self.keys = keys
    outside = Dictionary(grouping: anchors, by: \.position)
  }

  /// Takes the next line.
  mutating func take(_ line: LineReader.Line) {
    lines += 1
    guard end == nil else {
      if !isFollowed { note("end", fr: "d’autres lignes suivent la dernière", en: "other lines follow the last one") }
      isFollowed = true
      return
    }
    let read = AuditFileLine(line.bytes)
    if case .end(let said)? = read {
      end = said
      isWhole = line.isWhole
      return
    }
    hash.update(data: line.bytes)
    if line.isWhole { hash.update(data: [UInt8(ascii: "\n")]) }
    switch read {
    case .entry(let view)?: take(view)
    case .anchor(let record)?: take(record)
    case .end?, nil:
      note("line", fr: "la ligne n’est pas de « regie audit export »", en: "the line is not by regie audit export")
    }
  }

  private mutating func take(_ view: AuditEntryView) {
    guard let entry = view.entry, let seal = entry.seal else {
      note("line", fr: "l’entrée n’a ni empreintes ni place", en: "the entry has no digests or no place")
      return
    }
    if chain == nil {
      from = seal.position
      // What is before the first entry of a part is believed; of the first entry of all it is known.
      chain = AuditVerifier(
        after: from == 1 ? .origin : AuditHead(position: from &- 1, link: seal.previous),
        now: Timestamp(Date()))
    }
    chain?.check(entry)
    let origin = entry.origin
    // All else that the line says is in the link or makes the pseudonym.
    if view.roles != origin?.roles || view.reason != origin?.reason || view.traceparent != origin?.traceparent {
      note(
        "body", at: seal.position, entry: entry.id, fr: "rôles, motif ou trace ne sont pas ceux du contenu",
        en: "roles, reason or trace are not those of the body")
    }
    (last, lastMoment) = ((seal, entry.id), entry.at)
    latestMoment = max(latestMoment, entry.at)
    if let recovery = AuditRecovery(entry) { recoveries.append(recovery) }
    for anchor in outside[seal.position] ?? [] {
      // Whether one that does not agree is of a life that was lost is known at the end.
      if !agrees(anchor, with: seal, isBelieved: true) { strangers.append((anchor, entry.id)) }
    }
  }

  private mutating func take(_ record: AuditAnchorRecord) {
    do {
      let anchor = try record.anchor(verifier: keys)
      guard let last, last.seal.position == anchor.position else {
        note(
          "anchor", fr: "l’ancre est de la position \(anchor.position), et ne suit pas cette entrée",
          en: "the anchor is of position \(anchor.position), and does not follow that entry")
        return
      }
      // Whoever has made the file can have made this anchor as well, where its signature is not looked at.
      if !agrees(anchor, with: last.seal, isBelieved: keys != nil) { noteStranger(anchor, last.id) }
    } catch  where error.reason == .unknownKey {
      unknownKeys += 1
    } catch {
      note(
        "anchor", fr: "l’ancre n’est pas de la gouvernance : \(error)", en: "the anchor is not governance's: \(error)")
    }
  }

  /// Whether an anchor of the last entry says its link; one that does, and is governance's, vouches for all up to there.
  private mutating func agrees(_ anchor: AuditAnchor, with seal: AuditSeal, isBelieved: Bool) -> Bool {
    guard anchor.link == seal.linkText, anchor.count == anchor.position else { return false }
    agreeing += 1
    chain?.heed(anchor)
    if isBelieved { reaches[anchor.epoch] = max(reaches[anchor.epoch] ?? 0, anchor.position) }
    (anchored, anchoredMoment, latestMoment) = (max(anchored, anchor.position), lastMoment, lastMoment)
    return true
  }

  private mutating func noteStranger(_ anchor: AuditAnchor, _ id: Int64) {
    note(
      "anchor", at: anchor.position, entry: id,
      fr: "l’ancre (époque \(anchor.epoch)) dit un autre maillon : le journal a été refait jusqu’ici",
      en: "the anchor (epoch \(anchor.epoch)) says another link: the trail was made anew up to here")
  }

  /// The recovery that has ended the life of the database that an anchor is of; nil where none has. It has to be
  /// governance's own: an anchor of a later epoch vouches for it, from elsewhere or with a signature that was looked at.
  private func recovery(ending anchor: AuditAnchor) -> AuditRecovery? {
    recoveries.first { recovery in
      recovery.ends(anchor) && reaches.contains { $0.key >= recovery.nextEpoch && $0.value >= recovery.position }
    }
  }

  /// Judges what can only be told at the end.
  mutating func finish() -> AuditFileVerification {
    let reached = chain?.last ?? AuditHead(position: (end?.from ?? 1) &- 1, link: HexText.decode(end?.head ?? "") ?? [])
    judgeEnd(reached)
    let lost = judgeStrangers(reached)
    judgeAnchors(reached)
    chain?.finish(head: reached)
    let told = (chain?.findings ?? []).map {
      Finding(
        kind: $0.kind.rawValue, position: $0.position, entry: $0.id, line: nil, message: $0.sentence(language))
    }
    let all = (told + findings).enumerated().sorted {
      ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
    }
    .map(\.element)
    let shown = all.prefix(AuditVerifier.maximumFindings)
    return AuditFileVerification(
      sound: all.isEmpty, entries: chain?.entries ?? 0, from: chain == nil ? end?.from ?? 1 : from,
      position: reached.position, link: reached.linkText,
      anchors: AuditFileVerification.Anchors(
        agreeing: agreeing, position: anchored, verified: keys != nil,
        outside: outside.filter { $0.key < from }.values.map(\.count).reduce(0, +), unknownKey: unknownKeys,
        beyond: max(0, reached.position &- max(anchored, from &- 1)), lost: lost),
      erased: (chain?.erased ?? []).map { AuditVerificationView.Erased($0) }, findings: Array(shown),
      findingsOmitted: omitted + (chain?.findingsOmitted ?? 0) + all.count - shown.count)
  }

  private mutating func judgeEnd(_ reached: AuditHead) {
    guard let end else {
      note(
        "cut", fr: "la dernière ligne manque : le fichier est tronqué", en: "the last line is missing: the file is cut")
      return
    }
    if !isWhole { note("cut", fr: "la dernière ligne n’est pas entière", en: "the last line is not whole") }
    if chain != nil, end.from != from {
      note(
        "gap", at: min(from, end.from), fr: "l’export commence à la position \(end.from), le fichier à \(from)",
        en: "the export begins at position \(end.from), the file at \(from)")
    }
    let count = Int64(chain?.entries ?? 0)
    if end.to != reached.position || end.head != reached.linkText || end.count != count {
      note(
        "end",
        fr:
          "la dernière ligne dit \(Counted.fr(end.count, "entrée", "entrées")) jusqu’à la position \(end.to), "
          + "maillon \(end.head.prefix(12))… ; il y en a \(count), jusqu’à \(reached.position)",
        en: "the last line says \(Counted.en(end.count, "entry", "entries")) up to position \(end.to), "
          + "link \(end.head.prefix(12))…; there are \(count), up to \(reached.position)")
    }
    if end.digest != HexText.encode(Array(hash.finalize())) {
      note(
        "damage", fr: "les octets du fichier ne sont plus ceux qui ont été écrits",
        en: "the bytes of the file are not those that were written")
    }
  }

  /// Anchors from elsewhere that say another link, or are of a position that the file does not reach.
  ///
  /// - Returns: those of lives that were lost, which are no finding.
  private mutating func judgeStrangers(_ reached: AuditHead) -> [AuditFileVerification.Lost] {
    var lost: [AuditRecovery: Int] = [:]
    for (anchor, id) in strangers {
      if let end = recovery(ending: anchor) {
        lost[end, default: 0] += 1
      } else {
        noteStranger(anchor, id)
      }
    }
    var furthest: Int64?
    for anchor in outside.values.joined() where anchor.position > reached.position {
      if let end = recovery(ending: anchor) {
        lost[end, default: 0] += 1
      } else {
        furthest = max(furthest ?? anchor.position, anchor.position)
      }
    }
    if let furthest {
      note(
        "anchor", at: reached.position &+ 1,
        fr: "une ancre vient de la position \(furthest) : l’export est plus ancien, ou ses dernières entrées manquent",
        en: "an anchor is of position \(furthest): the export is older, or its last entries are gone")
    }
    return lost.map { AuditFileVerification.Lost(position: $0.key.position, kept: $0.key.kept, anchors: $0.value) }
      .sorted { $0.position < $1.position }
  }

  private mutating func judgeAnchors(_ reached: AuditHead) {
    if keys != nil, agreeing == 0, reached.position > 0 {
      note(
        "anchor", at: reached.position, fr: "des clés sont données, et aucune ancre signée ne répond du journal",
        en: "keys are given, and no signed anchor vouches for the trail")
    }
    // Each day has its anchor: a longer tail without one was cut off its anchors, or made anew.
    if keys != nil, agreeing > 0, latestMoment.microseconds(since: anchoredMoment) > Self.longestTail {
      note(
        "anchor", at: anchored &+ 1,
        fr: "plus de deux jours d’entrées suivent la dernière ancre : rien n’en répond",
        en: "more than two days of entries follow the last anchor: nothing vouches for them")
    }
  }

  /// Two days, in microseconds.
  private static let longestTail: Int64 = 2 * 86_400 * 1_000_000

  private mutating func note(
    _ kind: String, at position: Int64? = nil, entry: Int64? = nil, fr: String, en: String
  ) {
    guard findings.count < AuditVerifier.maximumFindings else {
      omitted += 1
      return
    }
    let here = position ?? ((chain?.last.position ?? from &- 1) &+ (kind == "line" || kind == "cut" ? 1 : 0))
    findings.append(
      Finding(
        kind: kind, position: here, entry: entry, line: position == nil ? lines : nil,
        message: language == .fr ? fr : en))
  }
}
