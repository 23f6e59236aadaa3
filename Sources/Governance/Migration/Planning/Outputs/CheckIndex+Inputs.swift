import Foundation
import Model
import Placement

extension CheckIndex {
  /// The digest of inputs, as far as a plan that touches some clusters and projects rests on them: all of the offer, for
  /// any part of it may open or close a place, and the policy; of the ledger and the projects only what is touched.
  init(of inputs: PlanningInputs, clusters: Set<String>, projects: Set<String>) {
    let offer = inputs.offer
    var parts = [Part(.policy, "policy", inputs.policy)]
    parts += offer.operators.map { Part(.operator, $0.name, Content($0)) }
    parts += offer.regions.map { Part(.region, $0.name, Content($0)) }
    parts += offer.zones.map { Part(.zone, $0.name, Content($0)) }
    parts += offer.clusters.map { Part(.cluster, $0.name, Content($0)) }
    parts += offer.chains.map { Part(.chain, $0.name, Content($0)) }
    parts += offer.facts.map { Part(.facts, $0.cluster, $0) }
    parts += Set(inputs.staleZones).sorted().map { Part(.silence, $0, $0) }
    // What the entry's version counts does not matter where the sum is the same.
    parts += clusters.sorted().map { Part(.ledger, $0, inputs.ledger[$0].committed) }
    parts += inputs.projects.filter { projects.contains($0.project.name) }.map {
      Part(.project, $0.project.name, Holding($0))
    }
    self.init(parts: parts)
  }

  /// What a judgement looks at of a resource.
  private struct Content<Spec: ResourceSpec>: Encodable {
    let labels: [String: String]
    let spec: Spec

    init(_ resource: Resource<Spec>) {
      labels = resource.metadata.labels
      spec = resource.spec
    }
  }

  /// What a judgement looks at of a project.
  private struct Holding: Encodable {
    let project: Content<ProjectSpec>
    let replicas: [PlacedProject.Replica]
    let derogations: [String: DerogationSpec]
    let formerNames: [String]

    init(_ placed: PlacedProject) {
      project = Content(placed.project)
      replicas = placed.replicas.sorted { $0.id.uuidString < $1.id.uuidString }
      derogations = Dictionary(placed.derogations.map { ($0.name, $0.spec) }) { first, _ in first }
      formerNames = placed.formerNames.sorted()
    }
  }
}

extension CheckIndex.Part {
  /// A part with the digest of its canonical bytes: texts, whole numbers and lists, which can always be encoded. If
  /// ever one can not, what is described otherwise is otherwise: a plan is refused rather than taken for unchanged.
  fileprivate init(_ subject: CheckIndex.Subject, _ name: String, _ content: some Encodable) {
    self.init(
      subject: subject, name: name,
      digest: CheckIndex.digest(of: (try? ModelJSON.encoder.encode(content)) ?? Data(String(reflecting: content).utf8)))
  }
}
