import Foundation
import Model
import Placement

/// The offer and the policy of the examples, to place what was damaged on.
struct FuzzWorld {
  struct Incomplete: Error {}

  private let offer: Offer
  private let policy: PolicySpec
  private let projects: [Resource<ProjectSpec>]
  private let day: CalendarDay
  private let engine: Engine

  init() throws {
    guard let day = CalendarDay("2026-11-23") else { throw Incomplete() }
    guard let files = FileManager.default.enumerator(at: Corpus.examples, includingPropertiesForKeys: nil) else {
      throw Incomplete()
    }
    let paths = files.compactMap { ($0 as? URL)?.path }.filter { $0.hasSuffix(".yaml") }.sorted()
    let resources = try paths.flatMap { try ResourceDocument.decode(yaml: String(contentsOfFile: $0, encoding: .utf8)) }
    let offer = Offer(resources)
    let policies = resources.compactMap { if case .policy(let resource) = $0 { resource.spec } else { nil } }
    let projects = resources.compactMap { if case .project(let resource) = $0 { resource } else { nil } }
    guard let policy = policies.first, !projects.isEmpty, !offer.clusters.isEmpty else { throw Incomplete() }
    (self.offer, self.policy, self.projects, self.day) = (offer, policy, projects, day)
    engine = Engine(offer: offer, policy: EffectivePolicy(version: 1, spec: policy), day: day)
  }

  /// Whether a project gets an answer, alone and in a batch with itself, and the same one twice.
  func plans(_ project: Resource<ProjectSpec>) -> Bool { plans(project, by: engine) }

  /// Whether a project of the examples gets an answer under a policy.
  func plans(under policy: PolicySpec) -> Bool {
    plans(projects[0], by: Engine(offer: offer, policy: EffectivePolicy(version: 1, spec: policy), day: day))
  }

  private func plans(_ project: Resource<ProjectSpec>, by engine: Engine) -> Bool {
    // A size that no text may have is refused at the door; here it would only take long.
    guard project.spec.environments.count <= 64, project.spec.spread.count <= 32, project.spec.colocation.count <= 32
    else { return true }
    let state = PlacementState(ledger: Ledger(), staleZones: [], for: engine)
    let request = DecisionRequest(project: project, now: Date(timeIntervalSince1970: 1_795_000_000), nodeBudget: 200)
    let explanation = engine.explain(request, on: state)
    let batch = engine.place(BatchRequest(projects: [request, request], nodeBudget: 1_000), on: state)
    return explanation.plan == engine.explain(request, on: state).plan
      && explanation.plan.reasons.allSatisfy { !$0.sentence.fr.isEmpty && !$0.remedy.fr.isEmpty }
      && (explanation.plan.assignments.isEmpty || explanation.plan.outcome == .placed)
      && batch.entries.count == 2
  }
}
