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
  let extent: ExplanationExtent
  let language: Language
  let fragments: QueryFragments

  /// The whole answer.
  func bytes() -> ByteBuffer {
    let shown = explanation.environments.indices.map { explanation.shown(extent.limit, of: $0) }
    let plan = explanation.plan
    let numbers = (shown.joined().map(\.cluster) + plan.assignments.map(\.cluster)).compactMap {
      inquiry.engine.site(named: $0)
    }
    let sites: [Int: QueryFragments.Site] =
      inquiry.basis.supposed.contains(.offer)
      ? Dictionary(Set(numbers).map { ($0, site($0)) }, uniquingKeysWith: { first, _ in first })
      : fragments.sites(numbers, offerVersion: inquiry.basis.offerVersion, site)
    var json = JSONBytes(capacity: 1024 + 700 * numbers.count)
    json.raw(#"{"basis":"#)
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
    json.list(explanation.environments.indices) { write($0, shown[$0], sites, to: &$1) }
    json.raw(#","outcome":"#)
    json.text(plan.outcome.rawValue)
    if let term = plan.preferenceTerm {
      json.raw(#","preferenceTerm":"#)
      json.number(term)
    }
    json.raw(#","project":"#)
    json.text(plan.project)
    json.raw(#","reasons":"#)
    fragments.write(plan.reasons, in: language, to: &json)
    json.raw(#"},"proposal":"#)
    json.list(plan.assignments) { write($0, sites, to: &$1) }
    json.raw("}")
    return json.buffer
  }

  private func write(_ basis: QueryBasis, to json: inout JSONBytes) {
    json.raw(#"{"asOf":"#)
    json.text(basis.asOf.description)
    json.raw(#","day":"#)
    json.text(basis.day.description)
    json.raw(#","engineVersion":"#)
    json.text(basis.engineVersion)
    json.raw(#","offerVersion":"#)
    json.number(basis.offerVersion)
    json.raw(#","policyVersion":"#)
    json.number(basis.policyVersion)
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
    fragments.write(verdict.reasons, in: language, to: &json)
    if let score = verdict.score {
      json.raw(#","score":"#)
      json.number(score)
    }
    json.raw("}")
  }

  private func write(
    _ number: Int, _ shown: [CandidateVerdict], _ sites: [Int: QueryFragments.Site], to json: inout JSONBytes
  ) {
    let accepted = explanation.acceptedCount(number)
    json.raw(#"{"accepted":"#)
    json.number(accepted)
    json.raw(#","candidates":"#)
    json.list(shown) { write($0, sites, to: &$1) }
    json.raw(#","environment":"#)
    json.text(explanation.environments[number])
    json.raw(#","lost":"#)
    json.list(explanation.lost(number)) { lost, json in
      json.raw(#"{"code":"#)
      json.text(lost.code.rawValue)
      json.raw(#","count":"#)
      json.number(lost.count)
      json.raw("}")
    }
    json.raw(#","omitted":"#)
    json.number(explanation.candidateCount - shown.count)
    json.raw(#","refused":"#)
    json.number(explanation.candidateCount - accepted)
    json.raw(#","replicas":"#)
    json.number(explanation.replicas(number))
    json.raw(#","stage":"#)
    json.text(explanation.stage(number))
    json.raw("}")
  }

  private func write(
    _ verdict: CandidateVerdict, _ sites: [Int: QueryFragments.Site], to json: inout JSONBytes
  ) {
    guard let site = inquiry.engine.site(named: verdict.cluster).flatMap({ sites[$0] }) else { return }
    json.raw(#"{"accepted":"#)
    json.flag(verdict.accepted)
    json.raw(#","chosen":"#)
    json.list(verdict.chosen) { $1.number($0) }
    json.raw(",")
    json.raw(site.names)
    if let components = verdict.components { write(components, to: &json) }
    json.raw(",")
    json.raw(site.operator)
    json.raw(#","reasons":"#)
    fragments.write(verdict.reasons, in: language, to: &json)
    json.raw(",")
    json.raw(site.region)
    if let score = verdict.score {
      json.raw(#","score":"#)
      json.number(score)
    }
    json.raw(",")
    json.raw(site.zone)
    json.raw("}")
  }

  private func write(_ assignment: Assignment, _ sites: [Int: QueryFragments.Site], to json: inout JSONBytes) {
    guard let site = inquiry.engine.site(named: assignment.cluster).flatMap({ sites[$0] }) else { return }
    json.raw("{")
    json.raw(site.names)
    write(assignment.components, to: &json)
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

  private func write(_ components: ScoreComponents, to json: inout JSONBytes) {
    json.raw(#","components":{"affinity":"#)
    json.number(components.affinity)
    json.raw(#","balance":"#)
    json.number(components.balance)
    json.raw(#","locality":"#)
    json.number(components.locality)
    json.raw(#","spread":"#)
    json.number(components.spread)
    json.raw(#","stickiness":"#)
    json.number(components.stickiness)
    json.raw(#","taints":"#)
    json.number(components.taints)
    json.raw("}")
  }

  /// A member, and the comma after it.
  private func member(_ name: StaticString, _ value: String, _ json: inout JSONBytes) {
    json.raw(name)
    json.text(value)
    json.raw(",")
  }

  /// What is said of a cluster, whatever is asked; its place is what the engine says it is.
  private func site(_ number: Int) -> QueryFragments.Site {
    let verdict = explanation.verdict(0, site: number)
    let console = inquiry.engine.offer.clusters[number].spec.console
    func fragment(_ write: (inout JSONBytes) -> Void) -> [UInt8] {
      var json = JSONBytes(capacity: 128)
      write(&json)
      return Array(json.buffer.readableBytesView)
    }
    return QueryFragments.Site(
      names: fragment { json in
        json.raw(#""cluster":"#)
        json.text(verdict.cluster)
        if let id = console?.id {
          json.raw(#","clusterID":"#)
          json.text(id.uuidString)
        }
        if let label = console?.label {
          json.raw(#","clusterLabel":"#)
          json.text(label)
        }
      },
      operator: fragment {
        $0.raw(#""operator":"#)
        $0.text(verdict.operator)
      },
      region: fragment {
        $0.raw(#""region":"#)
        $0.text(verdict.region)
      },
      zone: fragment {
        $0.raw(#""zone":"#)
        $0.text(verdict.zone)
      })
  }
}
