public import Events

/// Walks the chain and says what was tampered with. Pure: entries are given to it in the order of their positions, any
/// number at a time, and it holds none of them.
///
/// Each entry is judged by what is stored of the one before, so that one fault is told once and where it is. What it can
/// not see: a chain that was made anew as a whole, head included, and the anchors that are kept beside it. That is what
/// the anchors on the bus are for.
public struct AuditVerifier: Sendable {
  /// The most findings that are told one by one.
  public static let maximumFindings = 100

  /// What is wrong, in the chain's order.
  public private(set) var findings: [AuditFinding] = []
  /// How many more findings there are.
  public private(set) var findingsOmitted = 0
  /// How many sealed entries were seen.
  public private(set) var entries = 0
  /// The chain's end as seen so far.
  public private(set) var last: AuditHead
  private var erasures: ErasureBook
  /// By position.
  private let anchors: [Int64: [AuditAnchor]]

  /// A verifier at the chain's beginning, or after a place that is believed.
  ///
  /// - Parameters:
  ///   - anchors: what the bus was given of this chain.
  ///   - isAtOneMoment: whether all entries are as they stand at one moment: of a continued export some are older.
  ///   - now: the present; nothing was erased later.
  public init(
    after head: AuditHead = .origin, anchors: [AuditAnchor] = [], isAtOneMoment: Bool = false,
    now: Timestamp
  ) {
    last = head
    self.anchors = Dictionary(grouping: anchors, by: \.position)
    erasures = ErasureBook(isAtOneMoment: isAtOneMoment, now: now)
    for anchor in anchors { heed(anchor) }
  }

  /// Takes what an anchor of this chain says of its entries, at any time before the end: since when names are pseudonyms. Whether
  /// the anchor's link agrees was compared by who gives it.
  public mutating func heed(_ anchor: AuditAnchor) {
    if let position = anchor.pseudonymsFrom { erasures.heed(pseudonymsFrom: position) }
  }

  /// What the trail says was erased by the rule; without the entries that were rewritten.
  public var erased: [AuditErasure] { erasures.told }

  /// Takes the next sealed entry; one that is not sealed is passed over.
  public mutating func check(_ entry: AuditEntry) {
    guard let seal = entry.seal else { return }
    entries += 1
    let position = seal.position
    // Wrapping, as a forged position may be any number.
    let next = last.position &+ 1
    if position > next {
      note(AuditFinding(.gap, at: position, id: entry.id, from: next))
    } else if position < next {
      note(AuditFinding(.order, at: position, id: entry.id))
    }
    // What is left of an entry that was rewritten is what the trail says is left of it, further on.
    if entry.principal != AuditPerson.erased {
      let isDigested = Hashing.sha256(entry.body) == entry.digest
      let isLinked = AuditChain.link(after: seal.previous, position: position, entry: entry) == seal.link
      if !isDigested { note(AuditFinding(.body, at: position, id: entry.id)) }
      if !isLinked { note(AuditFinding(.entry, at: position, id: entry.id)) }
      if isDigested, isLinked {
        for finding in erasures.pass(entry) { note(finding) }
      }
    }
    // Beyond a gap there is nothing to compare with.
    if position == next, seal.previous != last.link { note(AuditFinding(.linkage, at: position, id: entry.id)) }
    if let anchors = anchors[position], !anchors.allSatisfy({ $0.link == seal.linkText && $0.count == position }) {
      note(AuditFinding(.anchor, at: position, id: entry.id))
    }
    checkName(of: entry, at: position)
    if let erasure = AuditErasure(entry) {
      for finding in erasures.tell(erasure, by: entry, after: last.position) { note(finding) }
    }
    last = AuditHead(position: position, link: seal.link)
  }

  /// Takes an entry that tells of an erasure and waits for its place in the chain; any other is passed over.
  public mutating func take(unsealed entry: AuditEntry) {
    guard entry.seal == nil, let erasure = AuditErasure(entry) else { return }
    for finding in erasures.tell(erasure, by: entry, after: last.position) { note(finding) }
  }

  /// Takes what is not as the trail tells of it.
  public mutating func take(_ others: [AuditFinding]) {
    for finding in others { note(finding) }
  }

  /// Compares the end with the head, and with what was anchored; call it once, after the last entry.
  ///
  /// - Parameter anchored: the last position that the bus is known to have an anchor of.
  public mutating func finish(head: AuditHead, anchored: Int64 = 0) {
    for finding in erasures.unvouched() { note(finding) }
    // What an erasure says is of earlier entries.
    findings = findings.enumerated().sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }
      .map(\.element)
    if last != head { note(AuditFinding(.head, at: head.position)) }
    let reached = max(anchored, anchors.keys.max() ?? 0)
    if reached > last.position {
      note(AuditFinding(.anchor, at: last.position &+ 1, subject: "\(reached)"))
    }
  }

  private mutating func checkName(of entry: AuditEntry, at position: Int64) {
    if let person = entry.person {
      if person.pseudonym != entry.principal { note(AuditFinding(.person, at: position, id: entry.id)) }
      erasures.named(at: position, isPseudonym: true)
    } else if AuditPerson.isPseudonym(entry.principal) {
      erasures.unnamed(entry, at: position)
    } else if AuditPerson.isPerson(entry.principal) {
      erasures.named(at: position, isPseudonym: false)
    }
  }

  private mutating func note(_ finding: AuditFinding) {
    if findings.count < Self.maximumFindings { findings.append(finding) } else { findingsOmitted += 1 }
  }
}
