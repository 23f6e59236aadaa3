public import Events
public import Model

/// What was said of the qualifications of one region. What nobody has acknowledged counts for nothing, whatever its operator
/// declares: unknown means refused.
public struct QualificationBook: Codable, Sendable, Hashable {
  /// How a declared qualification stands.
  public enum Standing: String, Codable, Sendable, CaseIterable {
    /// Nobody has said anything of it.
    case pending
    /// It counts.
    case acknowledged
    /// It does not count.
    case refused
  }

  /// One of each declared qualification at most.
  public private(set) var verdicts: [QualificationVerdict]

  /// A book.
  public init(_ verdicts: [QualificationVerdict] = []) { self.verdicts = verdicts }

  /// Reads the list of verdicts.
  public init(from decoder: any Decoder) throws { verdicts = try [QualificationVerdict](from: decoder) }

  /// Writes the list of verdicts.
  public func encode(to encoder: any Encoder) throws { try verdicts.encode(to: encoder) }

  /// What was said of a qualification exactly as it is declared.
  public func verdict(on qualification: RegionSpec.Qualification) -> QualificationVerdict? {
    verdicts.first { $0.qualification == qualification }
  }

  /// How a qualification stands.
  public func standing(of qualification: RegionSpec.Qualification) -> Standing {
    switch verdict(on: qualification)?.outcome {
    case nil: .pending
    case .acknowledged: .acknowledged
    case .refused: .refused
    }
  }

  /// What counts of all that is declared, as decisions see it.
  public func counting(of declared: [RegionSpec.Qualification]) -> [RegionSpec.Qualification] {
    declared.filter { standing(of: $0) == .acknowledged }.map(\.bare)
  }

  /// Follows what a region declares. What was said stays with what is declared as it was; an acknowledgement also with what
  /// keeps the evidence and shortens the days, which only restricts. What else is new, waits; unless whoever writes it
  /// administers, and so answers for it: for what has days and evidence, or belongs to the first offer.
  ///
  /// - Parameters:
  ///   - before: what the region declared until now.
  ///   - owner: who runs the region from now on: what its own member said counts no more.
  ///   - isFirstOffer: whether no policy was ever in force, so that nothing is placed by it and no board sits yet.
  public mutating func follow(
    _ declared: [RegionSpec.Qualification], after before: [RegionSpec.Qualification], owner: String,
    byAdministrator isAdministrator: Bool, isFirstOffer: Bool = false, at moment: Timestamp
  ) {
    let said = verdicts.filter { $0.operator != owner }
    verdicts = declared.compactMap { qualification in
      if let verdict = said.first(where: { $0.qualification == qualification }) { return verdict }
      let wider = said.first { $0.outcome == .acknowledged && qualification.isShortened(from: $0.qualification) }
      if let wider {
        return QualificationVerdict(qualification, .acknowledged, operator: wider.operator, at: wider.at)
      }
      guard isAdministrator, !before.contains(qualification), isFirstOffer || qualification.lacking.isEmpty else {
        return nil
      }
      return QualificationVerdict(qualification, .acknowledged, at: moment)
    }
  }

  /// Without what counts: it is to be judged anew. What was refused stays so.
  public var withoutAcknowledgements: QualificationBook {
    var book = self
    book.verdicts.removeAll { $0.outcome == .acknowledged }
    return book
  }

  /// What is missing where an operator declares something new: it is judged by its evidence, and for its days.
  ///
  /// - Returns: fields below `spec.qualifications`.
  public func problems(
    in declared: [RegionSpec.Qualification], after before: [RegionSpec.Qualification]
  ) -> [FieldProblem] {
    declared.enumerated().flatMap { index, qualification -> [FieldProblem] in
      let isKnown =
        before.contains(qualification)
        || verdicts.contains { $0.outcome == .acknowledged && qualification.isShortened(from: $0.qualification) }
      guard !isKnown else { return [] }
      return qualification.lacking.map { field in
        FieldProblem(
          path: "spec.qualifications[\(index)].\(field)",
          message: "is needed for “\(qualification.name)” to be acknowledged",
          messageFR: "est nécessaire pour que « \(qualification.name) » soit reconnue",
          accepted: field == "evidence" ? "{reference: …}" : "YYYY-MM-DD")
      }
    }
  }

  /// Says something of a qualification.
  ///
  /// - Parameters:
  ///   - owner: who runs the region.
  ///   - actor: who says it.
  /// - Returns: whether that is news.
  /// - Throws: ``RequestRefusal``: nobody judges what is its own, nor acknowledges what has no days or no evidence.
  public mutating func say(
    _ outcome: QualificationVerdict.Outcome, of qualification: RegionSpec.Qualification, reason: String? = nil,
    owner: String, by actor: QualificationActor, at moment: Timestamp
  ) throws(RequestRefusal) -> Bool {
    let speaker = try actor.speaker(on: owner)
    if outcome == .refused { try RequestText.check(reason ?? "", at: "reason") }
    if let known = verdict(on: qualification), known.outcome == outcome { return false }
    if outcome == .acknowledged, !qualification.lacking.isEmpty {
      let fields = qualification.lacking.joined(separator: ", ")
      throw RequestRefusal(
        .wrongState, path: "id", "“\(qualification.name)” is declared without what it is judged by: \(fields)",
        fr: "« \(qualification.name) » est déclarée sans ce dont on en juge : \(fields)",
        accepted: "a qualification with validFrom, validUntil and evidence")
    }
    verdicts.removeAll { $0.qualification == qualification }
    verdicts.append(
      QualificationVerdict(
        qualification, outcome, operator: speaker, reason: outcome == .refused ? reason : nil, at: moment))
    return true
  }
}

extension RegionSpec.Qualification {
  /// The fields without which it can not be judged, of those that it has not.
  public var lacking: [String] {
    [
      validFrom == nil ? "validFrom" : nil, validUntil == nil ? "validUntil" : nil,
      evidence == nil ? "evidence" : nil,
    ].compactMap(\.self)
  }

  /// Whether this is `other` with fewer days, proved by the same.
  public func isShortened(from other: Self) -> Bool {
    guard name == other.name, evidence == other.evidence else { return false }
    if let start = other.validFrom {
      guard let validFrom, validFrom >= start else { return false }
    }
    if let end = other.validUntil {
      guard let validUntil, validUntil <= end else { return false }
    }
    return true
  }
}
