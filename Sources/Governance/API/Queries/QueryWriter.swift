import Contract
import Events
import Foundation
import Model
import NIOCore
import Placement

/// Writes the answer to a query as JSON, in one go: the bytes of a ``QueryView``, without making one.
struct QueryWriter {
  let inquiry: Inquiry
  let explanation: Explanation
  let language: Language
  private let sentences: Sentences
  /// By environment, the clusters shown: accepted ones, best first, then those that refuse.
  private let pages: [(best: [RankedCandidate], others: [CandidateVerdict])]
  private let sites: [AnswerParts.Site?]
  private let said: [[UInt8]?]
  private let outranked: OutrankedSentence
  private var holders: [Shortage: HoldersView] = [:]

  init(
    inquiry: Inquiry, explanation: Explanation, extent: ExplanationExtent, language: Language, parts: AnswerParts,
    sentences: Sentences
  ) {
    (self.inquiry, self.explanation, self.language, self.sentences) = (inquiry, explanation, language, sentences)
    let limit = extent.limit(environments: explanation.environments.count)
    let pages = explanation.environments.indices.map { number in
      let best = explanation.page(limit, of: number, rules: parts.rules)
      return (best: best, others: explanation.refusing(limit - best.count, of: number))
    }
    self.pages = pages
    var (numbers, rules): ([Int], Set<Int>) = ([], [])
    for page in pages {
      for candidate in page.best {
        numbers.append(candidate.site)
        for case .rule(let rule) in candidate.told { rules.insert(rule) }
      }
      numbers += page.others.compactMap { inquiry.engine.site(named: $0.cluster) }
    }
    numbers += explanation.plan.assignments.compactMap { inquiry.engine.site(named: $0.cluster) }
    sites = parts.sites(numbers)
    said = parts.said(by: rules, in: language)
    outranked = language == .fr ? .french : .english
  }

  /// What the clusters that are shown are short of, in the order in which it is told: each once.
  var shortages: [Shortage] {
    var seen: Set<Shortage> = []
    let ofAll = explanation.plan.reasons.compactMap { Shortage($0.code, $0.parameters, of: nil) }
    let ofOne = pages.flatMap { page in
      let kept = page.best.flatMap { candidate in
        candidate.told.compactMap { told -> Shortage? in
          guard case .reason(let reason) = told else { return nil }
          return Shortage(reason.code, reason.parameters, of: inquiry.engine.clusters[candidate.site])
        }
      }
      return kept
        + page.others.flatMap { verdict in
          verdict.reasons.compactMap { Shortage($0.code, $0.parameters, of: verdict.cluster) }
        }
    }
    return (ofAll + ofOne).filter { seen.insert($0).inserted }
  }

  /// The whole answer, with the names of those who hold what is short.
  func bytes(telling holders: [Shortage: HoldersView]) -> ByteBuffer {
    var writer = self
    writer.holders = holders
    return writer.bytes()
  }

  /// The whole answer.
  func bytes() -> ByteBuffer {
    let plan = explanation.plan
    var json = JSONBytes(capacity: 4096 + 1024 * pages.reduce(0) { $0 + $1.best.count + $1.others.count })
    Self.begin(at: inquiry.basis.asOf, &json)
    write(inquiry.basis, to: &json)
    json.raw(#","explanation":{"#)
    if let chain = plan.chain { member(#""chain":"#, chain, &json) }
    json.raw(#""chains":"#)
    json.list(explanation.chains) { write($0, to: &$1) }
    json.raw(",")
    if let conflict = plan.conflict { member(#""conflict":"#, conflict.rawValue, &json) }
    json.raw(#""derogations":"#)
    json.list(plan.derogations) { $1.text($0) }
    json.raw(#","environments":"#)
    json.list(explanation.environments.indices) { write($0, to: &$1) }
    json.raw(#","outcome":"#)
    json.text(plan.outcome.rawValue)
    if let term = plan.preferenceTerm {
      json.raw(#","preferenceTerm":"#)
      json.number(term)
    }
    if let term = plan.preferenceTermOfNew {
      json.raw(#","preferenceTermOfNew":"#)
      json.number(term)
    }
    json.raw(#","project":"#)
    json.text(plan.project)
    json.raw(#","reasons":"#)
    write(plan.reasons, to: &json)
    json.raw(#"},"proposal":"#)
    json.list(plan.assignments) { write($0, to: &$1) }
    if let warnings = inquiry.warnings {
      json.raw(#","warnings":"#)
      json.list(warnings) { write($0, to: &$1) }
    }
    json.raw("}")
    return ByteBuffer(bytes: json.bytes)
  }

  private func write(_ finding: PolicyFinding, to json: inout JSONBytes) {
    json.raw(#"{"basis":"#)
    json.text(finding.basis.rawValue)
    json.raw(",")
    member(#""code":"#, finding.code, &json)
    member(#""message":"#, finding.message, &json)
    member(#""path":"#, finding.path, &json)
    json.raw(#""severity":"#)
    json.text(finding.severity.rawValue)
    json.raw("}")
  }

  private func write(_ reasons: [Reason], of cluster: String? = nil, to json: inout JSONBytes) {
    guard !holders.isEmpty else { return json.list(sentences.bytes(of: reasons, in: language)) { $1.raw($0) } }
    json.list(reasons) { write($0, of: cluster, to: &$1) }
  }

  private func write(_ reason: Reason, of cluster: String?, to json: inout JSONBytes) {
    guard let shortage = Shortage(reason.code, reason.parameters, of: cluster), holders[shortage] != nil else {
      for bytes in sentences.bytes(of: [reason], in: language) { json.raw(bytes) }
      return
    }
    var view = ExplanationView.ReasonView(reason, language)
    view.tell(holders, of: cluster, language)
    json.raw(Sentences.bytes(of: view))
  }

  /// The beginning of every answer: the moment that it is of, and all that depends on it.
  static func begin(at asOf: Timestamp, _ json: inout JSONBytes) {
    json.raw(#"{"basis":{"asOf":"#)
    json.text(asOf.description)
  }

  /// What comes after the moment.
  private func write(_ basis: QueryBasis, to json: inout JSONBytes) {
    json.raw(#","day":"#)
    json.text(basis.day.description)
    json.raw(#","engineVersion":"#)
    json.text(basis.engineVersion)
    json.raw(#","offerVersion":"#)
    json.number(basis.offerVersion)
    json.raw(#","policyVersion":"#)
    json.number(basis.policyVersion)
    if basis.stale == true { json.raw(#","stale":true"#) }
    json.raw(#","supposed":"#)
    json.list(basis.supposed) { $1.text($0.rawValue) }
    json.raw("}")
  }

  private func write(_ verdict: ChainVerdict, to json: inout JSONBytes) {
    json.raw(#"{"accepted":"#)
    json.flag(verdict.accepted)
    json.raw(",")
    member(#""chain":"#, verdict.chain, &json)
    json.raw(#""chosen":"#)
    json.flag(verdict.chosen)
    json.raw(#","reasons":"#)
    write(verdict.reasons, to: &json)
    if let score = verdict.score {
      json.raw(#","score":"#)
      json.number(score)
    }
    json.raw("}")
  }

  private func write(_ number: Int, to json: inout JSONBytes) {
    let (accepted, page) = (explanation.acceptedCount(number), pages[number])
    json.raw(#"{"accepted":"#)
    json.number(accepted)
    json.raw(#","candidates":["#)
    var isFirst = true
    for candidate in page.best {
      if !isFirst { json.raw(",") }
      isFirst = false
      write(candidate, to: &json)
    }
    for verdict in page.others {
      if !isFirst { json.raw(",") }
      isFirst = false
      write(verdict, to: &json)
    }
    json.raw(#"],"environment":"#)
    json.text(explanation.environments[number])
    json.raw(#","lost":"#)
    json.list(explanation.lost(number)) { $1.write($0) }
    json.raw(#","omitted":"#)
    json.number(explanation.candidateCount - page.best.count - page.others.count)
    json.raw(#","refused":"#)
    json.number(explanation.candidateCount - accepted)
    json.raw(#","replicas":"#)
    json.number(explanation.replicas(number))
    json.raw(#","stage":"#)
    json.text(explanation.stage(number))
    if inquiry.withheld > 0 {
      json.raw(#","withheld":"#)
      json.number(inquiry.withheld)
    }
    json.raw("}")
  }

  private func write(_ candidate: RankedCandidate, to json: inout JSONBytes) {
    guard let site = sites[candidate.site] else { return }
    json.raw(#"{"accepted":true,"chosen":"#)
    json.list(candidate.chosen) { $1.number($0) }
    json.raw(",")
    json.raw(site.names)
    json.raw(#","components":"#)
    json.write(candidate.components)
    json.raw(",")
    json.raw(site.operator)
    json.raw(#","reasons":"#)
    json.list(candidate.told) { told, json in
      switch told {
      case .rule(let number): json.raw(said[number] ?? [])
      case .outranked(let score, let chosen): outranked.write(score: score, chosen: chosen, to: &json)
      case .reason(let reason): write(reason, of: inquiry.engine.clusters[candidate.site], to: &json)
      }
    }
    json.raw(",")
    json.raw(site.region)
    json.raw(#","score":"#)
    json.number(candidate.score)
    json.raw(",")
    json.raw(site.zone)
    json.raw("}")
  }

  /// One that refuses.
  private func write(_ verdict: CandidateVerdict, to json: inout JSONBytes) {
    guard let site = inquiry.engine.site(named: verdict.cluster).flatMap({ sites[$0] }) else { return }
    json.raw(#"{"accepted":false,"chosen":[],"#)
    json.raw(site.names)
    json.raw(",")
    json.raw(site.operator)
    json.raw(#","reasons":"#)
    write(verdict.reasons, of: verdict.cluster, to: &json)
    json.raw(",")
    json.raw(site.region)
    json.raw(",")
    json.raw(site.zone)
    json.raw("}")
  }

  private func write(_ assignment: Assignment, to json: inout JSONBytes) {
    guard let site = inquiry.engine.site(named: assignment.cluster).flatMap({ sites[$0] }) else { return }
    json.raw("{")
    json.raw(site.names)
    json.raw(#","components":"#)
    json.write(assignment.components)
    json.raw(",")
    member(#""environment":"#, assignment.environment, &json)
    let environment = inquiry.request.project.spec.environments.first { $0.name == assignment.environment }
    if let id = environment?.consoleID { member(#""environmentID":"#, id.uuidString, &json) }
    json.raw(#""kept":"#)
    json.flag(assignment.kept)
    json.raw(",")
    if let from = assignment.movedFrom { member(#""movedFrom":"#, from, &json) }
    json.raw(site.operator)
    json.raw(",")
    json.raw(site.region)
    json.raw(#","replica":"#)
    json.number(assignment.replica)
    json.raw(#","score":"#)
    json.number(assignment.score)
    json.raw(",")
    json.raw(site.zone)
    json.raw("}")
  }

  /// A member, and the comma after it.
  private func member(_ name: StaticString, _ value: String, _ json: inout JSONBytes) {
    json.raw(name)
    json.text(value)
    json.raw(",")
  }
}
