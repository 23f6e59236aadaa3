public import Events
import Foundation

/// What the trail tells of the policy and of the votes on it, to be compared with what the tables say. Pure: entries are given to
/// it in the order of their ids, and it holds digests and votes of them.
public struct ToldPolicy: Sendable {
  /// The kind of thing that the board's acts are about.
  private static let proposalKind = "PolicyProposal"

  private struct Place: Sendable {
    var position: Int64
    var id: Int64

    init(_ entry: AuditEntry) { (position, id) = (entry.seal?.position ?? 0, entry.id) }
  }

  private struct Told: Decodable {
    struct Detail: Decodable {
      struct Written: Decodable, Sendable {
        var version: Int64
        var effectiveAt: Timestamp
        var origin: String
        var digest: String
        /// The proposal that it was; nil where an earlier program has told of it, which did not say what another vote had it carry.
        var proposal: UUID?
      }

      var digest: String?
      var vote: Ballot?
      var comment: Comment?
      var terms: ToldTerms
      var result: Count?
      var rejection: String?
      var withdrawal: String?
      var versions: [Written]?
      var impact: ToldImpact?
      var amendedBy: UUID?
      /// Whether it says what was before.
      var isAfter: Bool

      private enum CodingKeys: String, CodingKey {
        case digest, vote, comment, result, rejection, withdrawal, versions, impact, amendedBy, before
      }

      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        digest = try container.decodeIfPresent(String.self, forKey: .digest)
        vote = try container.decodeIfPresent(Ballot.self, forKey: .vote)
        comment = try container.decodeIfPresent(Comment.self, forKey: .comment)
        // They stand beside the rest.
        terms = try ToldTerms(from: decoder)
        result = try container.decodeIfPresent(Count.self, forKey: .result)
        rejection = try container.decodeIfPresent(String.self, forKey: .rejection)
        withdrawal = try container.decodeIfPresent(String.self, forKey: .withdrawal)
        versions = try container.decodeIfPresent([Written].self, forKey: .versions)
        impact = try container.decodeIfPresent(ToldImpact.self, forKey: .impact)
        amendedBy = try container.decodeIfPresent(UUID.self, forKey: .amendedBy)
        isAfter = container.contains(.before)
      }
    }

    var detail: Detail
  }

  private struct Text: Sendable {
    var state: String
    var digest: String
    var place: Place
    var ballots: [Ballot] = []
    /// Nil once something was said of which the trail, of an earlier program, keeps nothing.
    var comments: [Comment]? = []
    var terms = ToldTerms()
    /// What it was when it was put to the vote; nil before.
    var proposed: (digest: String, terms: ToldTerms)?
    /// Whether an act since tells of something else than what was put to the vote, or can not be one of the board's.
    var isOther = false
    var result: Count?
    var rejection: String?
    var withdrawal: String?
    var course = ToldCourse()

    /// Whether an act can follow what was told before. A draft is begun once, edited until it is put to the vote, once,
    /// and ended once: what goes on all the same does so because somebody has set its row back.
    func allows(_ action: String) -> Bool {
      switch action {
      case "drafted": state.isEmpty
      case "edited", "discarded", "proposed": proposed == nil && course.closedAt == nil
      default: course.closedAt == nil
      }
    }
  }

  private struct Application: Sendable {
    var digest: String?
    /// Since when it is in force; nil where an earlier program has told of it.
    var effectiveAt: Timestamp?
    var principal: String?
    var at: Timestamp
    var place: Place

    /// Whether it may be in force since this moment. An earlier program has read the clock once more.
    func isInForce(since moment: Timestamp) -> Bool {
      effectiveAt.map { $0 == moment } ?? (0...60_000_000).contains(moment.microseconds(since: at))
    }
  }

  private struct Writing: Sendable {
    var version: Told.Detail.Written
    var proposal: UUID
    var principal: String?
    var place: Place
    /// Whether another one was told of under the same number before.
    var isOther = false
  }

  private var applied: [Application] = []
  private var written: [Int64: Writing] = [:]
  private var texts: [UUID: Text] = [:]
  /// Where the trail names a result of an impact last, by its digest.
  private var impacts: [String: Place] = [:]
  private var impactsSeen: Set<String> = []
  private var appliedSeen = 0
  private var versionsSeen: Set<Int64> = []
  private var proposalsSeen: Set<UUID> = []

  /// Nothing is told yet.
  public init() {}

  /// Whether an entry says that a policy was applied directly: its text is for who knows what a policy is.
  public static func isApplication(_ entry: AuditEntry) -> Bool {
    entry.kind == "Policy" && ["created", "changed"].contains(entry.action)
  }

  /// Takes an entry that says that a policy was applied directly, which made the next version.
  ///
  /// - Parameters:
  ///   - digest: SHA-256 of the text, hexadecimal; nil where the entry holds none any more.
  ///   - effectiveAt: since when it is in force; nil where the entry does not say it.
  public mutating func take(application entry: AuditEntry, digest: String?, effectiveAt: Timestamp?) {
    applied.append(
      Application(
        digest: digest, effectiveAt: effectiveAt, principal: Self.principal(of: entry), at: entry.at,
        place: Place(entry)))
  }

  /// Who did it; nil once the name was erased.
  private static func principal(of entry: AuditEntry) -> String? {
    entry.person?.name ?? (AuditPerson.isPseudonym(entry.principal) ? nil : entry.principal)
  }

  /// Takes an entry of the board; any other is passed over.
  public mutating func take(_ entry: AuditEntry) {
    guard entry.kind == Self.proposalKind, let id = UUID(uuidString: entry.name),
      let told = try? JSONDecoder().decode(Told.self, from: Data(entry.body)), let digest = told.detail.digest
    else { return }
    let place = Place(entry)
    var text = texts[id] ?? Text(state: "", digest: digest, place: place)
    if !text.allows(entry.action) { text.isOther = true }
    (text.state, text.digest, text.place) = (Self.state(after: entry.action), digest, place)
    (text.terms, text.result) = (told.detail.terms, told.detail.result)
    // An instance of the version before, beside a newer one, does not tell the rules: they are those of before.
    if text.terms.rules == nil { text.terms.rules = text.proposed?.terms.rules }
    (text.rejection, text.withdrawal) = (told.detail.rejection, told.detail.withdrawal)
    if entry.action == "proposed" { text.proposed = (digest, text.terms) }
    // A suspension moves the deadline, and nothing else of what was put to the vote.
    if entry.action == "prolonged" { text.proposed?.terms.closesAt = text.terms.closesAt }
    if let proposed = text.proposed, proposed.digest != digest || !proposed.terms.agree(with: text.terms) {
      text.isOther = true
    }
    let principal = Self.principal(of: entry)
    text.course.take(
      entry.action, at: entry.at,
      // A program that did not tell what was before kept nobody but who has begun it.
      by: told.detail.isAfter || entry.action == "drafted" ? principal : nil,
      version: told.detail.versions?.first?.version,
      amendedBy: told.detail.amendedBy)
    if let impact = told.detail.impact {
      // A program that did not tell the rules kept no result for good: of what it tells nothing is said.
      let isKept = told.detail.terms.rules != nil
      text.course.impact = isKept ? impact : nil
      if isKept, let digest = impact.digest { impacts[digest] = place }
    }
    // The entry of the end says the last vote once more.
    if entry.action == "voted", var vote = told.detail.vote {
      vote.principal = principal
      text.ballots.append(vote)
    }
    if entry.action == "commented" {
      if let comment = told.detail.comment { text.comments?.append(comment) } else { text.comments = nil }
    }
    texts[id] = text
    for version in told.detail.versions ?? [] {
      var writing = Writing(version: version, proposal: id, principal: principal, place: place)
      // Each number is given once. The entry of a last vote and that of the end tell the same.
      if let known = written[version.version] {
        writing.isOther = known.isOther || known.proposal != id || known.version.digest != version.digest
      }
      written[version.version] = writing
    }
  }

  private static func state(after action: String) -> String {
    switch action {
    case "drafted", "edited": "draft"
    case "proposed", "voted", "commented", "prolonged": "open"
    default: action
    }
  }

  /// Compares a stored version; they come in the order of their numbers, each once.
  public mutating func check(_ version: Version) -> [AuditFinding] {
    versionsSeen.insert(version.number)
    let subject = "\(version.number)"
    guard let origin = version.origin else {
      // One that was applied does not stand in for one that the board has made.
      if let told = written[version.number] {
        return [AuditFinding(.version, at: told.place.position, id: told.place.id, subject: subject)]
      }
      guard appliedSeen < applied.count else { return [AuditFinding(.version, at: 0, subject: subject)] }
      let told = applied[appliedSeen]
      appliedSeen += 1
      let isAnother = version.digest == nil || told.digest.map { $0 != version.digest } ?? false
      let isSame =
        !isAnother && told.isInForce(since: version.effectiveAt) && Self.agree(told.principal, version.principal)
      guard !isSame else { return [] }
      return [AuditFinding(.version, at: told.place.position, id: told.place.id, subject: subject)]
    }
    guard let told = written[version.number] else { return [AuditFinding(.version, at: 0, subject: subject)] }
    let proposal = told.version.proposal ?? (origin == "carried" ? version.proposal : told.proposal)
    let same =
      told.version.digest == version.digest && told.version.effectiveAt == version.effectiveAt
      && told.version.origin == origin && version.proposal == proposal
      && Self.agree(told.principal, version.principal) && !told.isOther
    return same ? [] : [AuditFinding(.version, at: told.place.position, id: told.place.id, subject: subject)]
  }

  /// Compares a stored draft or proposal with its votes; each once.
  public mutating func check(_ proposal: Proposal) -> [AuditFinding] {
    proposalsSeen.insert(proposal.id)
    let subject = proposal.id.uuidString.lowercased()
    guard let told = texts[proposal.id] else { return [AuditFinding(.proposal, at: 0, subject: subject)] }
    func finding(_ kind: AuditFinding.Kind) -> AuditFinding {
      AuditFinding(kind, at: told.place.position, id: told.place.id, subject: subject)
    }
    var findings: [AuditFinding] = []
    // One that can not be read has no digest, and is never the same.
    let isSame =
      told.state == proposal.state && proposal.isWhole && told.digest == proposal.digest && !told.isOther
      && told.terms.agree(with: proposal.terms) && told.result == proposal.result
      && told.rejection == proposal.rejection && told.withdrawal == proposal.withdrawal
      && told.course.agrees(with: proposal.course)
    if !isSame || told.comments.map({ $0 != proposal.comments }) ?? false { findings.append(finding(.proposal)) }
    let last = Dictionary(told.ballots.map { ($0.operator, $0) }) { _, later in later }.values
    if !Self.agree(told.ballots, proposal.cast)
      || !Self.agree(last.sorted { $0.operator < $1.operator }, proposal.standing.sorted { $0.operator < $1.operator })
    {
      findings.append(finding(.vote))
    }
    // Whoever votes is shown the impact of the question: it is to be about the text that is voted on, and there. A program that
    // tells the rules has asked it.
    let isUnasked = proposal.asked == nil && told.proposed?.terms.rules != nil
    if told.course.isAnotherImpact(proposal.course.impact) || isUnasked
      || proposal.asked.map({ $0 != told.digest }) ?? false
    {
      findings.append(finding(.impact))
    }
    return findings
  }

  /// Notes a stored result of an impact that the trail may name; each once.
  ///
  /// - Parameters:
  ///   - digest: SHA-256 of the result, hexadecimal.
  ///   - isSame: whether what is stored is what has this digest.
  public mutating func check(impact digest: String, isSame: Bool) -> [AuditFinding] {
    impactsSeen.insert(digest)
    guard !isSame else { return [] }
    let place = impacts[digest]
    return [AuditFinding(.impact, at: place?.position ?? 0, id: place?.id, subject: digest)]
  }

  /// Whether it may be the same: of a name that was erased on one side nothing can be said.
  static func agree(_ told: String?, _ stored: String?) -> Bool {
    told == nil || stored == nil || told == stored
  }

  private static func agree(_ told: [Ballot], _ stored: [Ballot]) -> Bool {
    told.count == stored.count && zip(told, stored).allSatisfy { $0.agrees(with: $1) }
  }

  /// What the trail tells of, and no table holds; call it once, after everything was compared.
  public func missing() -> [AuditFinding] {
    let versions = written.filter { !versionsSeen.contains($0.key) }.sorted { $0.key < $1.key }
    let lost = versions.map { number, told in
      AuditFinding(.version, at: told.place.position, id: told.place.id, subject: "\(number)")
    }
    let unapplied = applied.dropFirst(appliedSeen).map { told in
      AuditFinding(.version, at: told.place.position, id: told.place.id)
    }
    let proposals = texts.filter { !proposalsSeen.contains($0.key) }.sorted { $0.value.place.id < $1.value.place.id }
    let results = impacts.filter { !impactsSeen.contains($0.key) }.sorted { $0.value.id < $1.value.id }
    let unseen = results.map { digest, place in
      AuditFinding(.impact, at: place.position, id: place.id, subject: digest)
    }
    return lost + unapplied + unseen
      + proposals.map { id, told in
        AuditFinding(
          .proposal, at: told.place.position, id: told.place.id, subject: id.uuidString.lowercased())
      }
  }
}
