import Model

/// What the classes of a project's data demand of a place, all together.
struct DataDemands: Sendable {
  struct Qualification: Sendable {
    var name: String
    var dataClass: String
  }
  struct Residency: Sendable {
    var source: String
    var residency: ProjectSpec.Residency
  }
  struct Demand: Sendable {
    var dataClass: String
    var selector: LabelSelector
  }

  /// Classes, or parents of classes, that the policy does not know.
  private(set) var unknown: [String] = []
  /// The highest sensitivity demanded.
  private(set) var sensitivity = Sensitivity.usuel
  /// The class that demands it.
  private(set) var sensitiveClass = ""
  private(set) var qualifications: [Qualification] = []
  private(set) var residencies: [Residency] = []
  private(set) var demands: [Demand] = []

  /// The union of the demands of `project`'s classes, of all that they inherit from, and of the project itself.
  init(of project: ProjectSpec, under policy: PolicySpec) {
    let known = Dictionary(policy.dataClasses.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var waiting = Array(Set(project.dataClasses).sorted().reversed())
    // A project that says nothing about its data is refused like one that says something unknown.
    if waiting.isEmpty { unknown = [""] }
    var seen = Set<String>()
    while let name = waiting.popLast() {
      guard seen.insert(name).inserted else { continue }
      guard let dataClass = known[name] else {
        unknown.append(name)
        continue
      }
      add(dataClass)
      if let parent = dataClass.parent { waiting.append(parent) }
    }
    if let residency = project.residency { residencies.append(Residency(source: "project", residency: residency)) }
  }

  private mutating func add(_ dataClass: PolicySpec.DataClass) {
    if sensitiveClass.isEmpty || dataClass.sensitivity > sensitivity {
      (sensitivity, sensitiveClass) = (max(sensitivity, dataClass.sensitivity), dataClass.name)
    }
    for name in dataClass.qualifications where !qualifications.contains(where: { $0.name == name }) {
      qualifications.append(Qualification(name: name, dataClass: dataClass.name))
    }
    if let residency = dataClass.residency {
      residencies.append(Residency(source: dataClass.name, residency: residency))
    }
    if let selector = dataClass.requires { demands.append(Demand(dataClass: dataClass.name, selector: selector)) }
  }
}
