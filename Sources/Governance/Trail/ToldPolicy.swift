public import Events
public import Foundation

/// What the trail tells of the policy and of the votes on it, to be compared with what the tables say. Pure: entries are given to
/// it in the order of their ids, and it holds digests and votes of them.
public struct ToldPolicy: Sendable {
  /// A vote as it was cast.
  public struct Ballot: Sendable, Hashable, Decodable {
    /// The operator.
    public var `operator`: String
    /// For, against, or neither.
    public var choice: String
    /// Why.
    public var reason: String?
    /// When, by the database's clock.
    public var at: Timestamp
    /// Who has cast it; nil where that is not known any more.
    public var principal: String?

    /// A vote.
    public init(operator: String, choice: String, reason: String?, at: Timestamp, principal: String? = nil) {
      self.operator = `operator`
      self.choice = choice
      self.reason = reason
      self.at = at
      self.principal = principal == AuditPerson.erased ? nil : principal
    }

    /// Whether it is the same.
    fileprivate func agrees(with other: Ballot) -> Bool {
      guard (self.operator, choice, reason) == (other.operator, other.choice, other.reason), at == other.at else {
        return false
      }
      return ToldPolicy.agree(principal, other.principal)
    }
  }

  /// Something that was said of a proposal.
  public struct Comment: Sendable, Hashable, Decodable {
    /// The operator.
    public var `operator`: String
    /// When, by the database's clock.
    public var at: Timestamp
    /// SHA-256 of the words, hexadecimal.
    public var digest: String

    /// A comment.
    public init(operator: String, at: Timestamp, digest: String) {
      self.operator = `operator`
      self.at = at
      self.digest = digest
    }
  }

  /// A version of the policy as it is stored.
  public struct Version: Sendable, Hashable {
    /// From 1.
    public var number: Int64
    /// SHA-256 of the text, hexadecimal; nil where it can not be read.
    public var digest: String?
    /// From when on it is in force.
    public var effectiveAt: Timestamp
    /// How the board has made it; nil where it was applied directly.
    public var origin: String?
    /// The proposal that it was; nil where it was applied directly, or another vote had it carried on.
    public var proposal: UUID?
    /// Who has made it; nil where that is not known any more.
    public var principal: String?

    /// A version.
    public init(
      number: Int64, digest: String?, effectiveAt: Timestamp, origin: String?, proposal: UUID? = nil,
      principal: String? = nil
    ) {
      self.number = number
      self.digest = digest
      self.effectiveAt = effectiveAt
      self.origin = origin
      self.proposal = proposal
      self.principal = principal == AuditPerson.erased ? nil : principal
    }
  }

  /// The votes as they counted at the end.
  public struct Count: Sendable, Hashable, Decodable {
    /// Votes in favour.
    public var `for`: Int
    /// Votes against.
    public var against: Int
    /// Those who abstain.
    public var abstain: Int
    /// Voters that have said nothing.
    public var silent: Int
    /// Whether another operator than the author's is in favour.
    public var isBacked: Bool

    /// A count.
    public init(for favour: Int, against: Int, abstain: Int, silent: Int, isBacked: Bool) {
      self.for = favour
      self.against = against
      self.abstain = abstain
      self.silent = silent
      self.isBacked = isBacked
    }
  }

  /// A draft or proposal as it is stored; without text and votes where they can not be read.
  public struct Proposal: Sendable, Hashable {
    /// Its identifier.
    public var id: UUID
    /// How far it has come.
    public var state: String
    /// SHA-256 of the text, hexadecimal.
    public var digest: String?
    /// The votes that count, each operator's once.
    public var standing: [Ballot]
    /// Every vote that was cast, in its order.
    public var cast: [Ballot]
    /// What was said of it, in its order.
    public var comments: [Comment]
    /// What does not change while it is voted on, but for the text's digest.
    public var terms: ToldTerms
    /// How the votes counted at the end; nil before it.
    public var result: Count?
    /// Why it was rejected.
    public var rejection: String?
    /// Why it was withdrawn.
    public var withdrawal: String?

    /// A proposal.
    public init(
      id: UUID, state: String, digest: String?, standing: [Ballot], cast: [Ballot], comments: [Comment] = [],
      terms: ToldTerms = ToldTerms(), result: Count? = nil, rejection: String? = nil, withdrawal: String? = nil
    ) {
      self.id = id
      self.state = state
      self.digest = digest
      self.standing = standing
      self.cast = cast
      self.comments = comments
      self.terms = terms
      self.result = result
      self.rejection = rejection
      self.withdrawal = withdrawal
    }
  }

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
      }

      var digest: String?
      var vote: Ballot?
      var comment: Comment?
      var terms: ToldTerms
      var result: Count?
      var rejection: String?
      var withdrawal: String?
      var versions: [Written]?
      var impact: Known?

      /// What was known of what it would change.
      struct Known: Decodable {
        var digest: String?
      }

      private enum CodingKeys: String, CodingKey {
        case digest, vote, comment, result, rejection, withdrawal, versions, impact
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
        impact = try container.decodeIfPresent(Known.self, forKey: .impact)
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
    /// Whether an act since tells of something else than what was put to the vote.
    var isOther = false
    var result: Count?
    var rejection: String?
    var withdrawal: String?
  }

  private struct Application: Sendable {
    var digest: String?
    var principal: String?
    var place: Place
  }

  private struct Writing: Sendable {
    var version: Told.Detail.Written
    var proposal: UUID
    var principal: String?
    var place: Place
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
  /// - Parameter digest: SHA-256 of the text, hexadecimal; nil where the entry holds none any more.
  public mutating func take(application entry: AuditEntry, digest: String?) {
    applied.append(Application(digest: digest, principal: Self.principal(of: entry), place: Place(entry)))
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
    (text.state, text.digest, text.place) = (Self.state(after: entry.action), digest, place)
    (text.terms, text.result) = (told.detail.terms, told.detail.result)
    // An instance of the version before, beside a newer one, does not tell the rules: they are those of before.
    if text.terms.rules == nil { text.terms.rules = text.proposed?.terms.rules }
    (text.rejection, text.withdrawal) = (told.detail.rejection, told.detail.withdrawal)
    if entry.action == "proposed" { text.proposed = (digest, text.terms) }
    if let proposed = text.proposed, proposed.digest != digest || !proposed.terms.agree(with: text.terms) {
      text.isOther = true
    }
    let principal = Self.principal(of: entry)
    // The entry of the end says the last vote once more.
    if entry.action == "voted", var vote = told.detail.vote {
      vote.principal = principal
      text.ballots.append(vote)
    }
    if entry.action == "commented" {
      if let comment = told.detail.comment { text.comments?.append(comment) } else { text.comments = nil }
    }
    texts[id] = text
    // A program that did not tell the rules kept no result for good.
    if let impact = told.detail.impact?.digest, told.detail.terms.rules != nil { impacts[impact] = place }
    for version in told.detail.versions ?? [] {
      written[version.version] = Writing(version: version, proposal: id, principal: principal, place: place)
    }
  }

  private static func state(after action: String) -> String {
    switch action {
    case "drafted", "edited": "draft"
    case "proposed", "voted", "commented": "open"
    default: action
    }
  }

  /// Compares a stored version; they come in the order of their numbers, each once.
  public mutating func check(_ version: Version) -> [AuditFinding] {
    versionsSeen.insert(version.number)
    let subject = "\(version.number)"
    guard let origin = version.origin else {
      guard appliedSeen < applied.count else { return [AuditFinding(.version, at: 0, subject: subject)] }
      let told = applied[appliedSeen]
      appliedSeen += 1
      let isAnother = version.digest == nil || told.digest.map { $0 != version.digest } ?? false
      guard isAnother || !Self.agree(told.principal, version.principal) else { return [] }
      return [AuditFinding(.version, at: told.place.position, id: told.place.id, subject: subject)]
    }
    guard let told = written[version.number] else { return [AuditFinding(.version, at: 0, subject: subject)] }
    let same =
      told.version.digest == version.digest && told.version.effectiveAt == version.effectiveAt
      && told.version.origin == origin && (version.proposal.map { $0 == told.proposal } ?? true)
      && Self.agree(told.principal, version.principal)
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
    // Of one that can not be read nothing else is said.
    let isSame =
      told.state == proposal.state && told.digest == proposal.digest && !told.isOther
      && told.terms.agree(with: proposal.terms) && told.result == proposal.result
      && told.rejection == proposal.rejection && told.withdrawal == proposal.withdrawal
    if !isSame || told.comments.map({ $0 != proposal.comments }) ?? false { findings.append(finding(.proposal)) }
    let last = Dictionary(told.ballots.map { ($0.operator, $0) }) { _, later in later }.values
    if !Self.agree(told.ballots, proposal.cast)
      || !Self.agree(last.sorted { $0.operator < $1.operator }, proposal.standing.sorted { $0.operator < $1.operator })
    {
      findings.append(finding(.vote))
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
  private static func agree(_ told: String?, _ stored: String?) -> Bool {
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
