import Model

/// What the pins of a request ask for, and what is wrong with them.
enum PinJudge {
  /// What can not be pinned whatever the clusters say: an environment, replica or cluster that there is not, or one
  /// replica in two places.
  static func faults(of subject: Subject) -> [Reason] {
    let pins = subject.request.pins
    return pins.compactMap { pin in
      fault(of: pin, among: pins, subject).map { cause in
        Reason(.pinInvalid, parameters(of: pin).merging(["cause": cause]) { $1 })
      }
    }
  }

  /// The site that a replica is pinned to; nil where it is free.
  static func site(_ environment: String, replica: Int, in subject: Subject) -> Int? {
    guard !subject.request.pins.isEmpty else { return nil }
    let pin = subject.request.pins.first { $0.replica == replica && $0.environment == environment }
    return pin.flatMap { subject.compiled.index.site(named: $0.cluster) }
  }

  /// The pins whose cluster refuses the replica, each with the first reason for which it does.
  static func refusals(of slots: [SearchSlot], in judgement: Judgement) -> [Reason] {
    slots.compactMap { slot in
      guard let site = slot.pin, !slot.hasPlace else { return nil }
      let environment = judgement.environments[slot.environment]
      let pin = Pin(
        environment: environment.name, replica: slot.replica,
        cluster: judgement.subject.compiled.index.clusters[site])
      let writer = ReasonWriter(judgement: judgement, environment: slot.environment)
      let findings = Findings(judgement, judgement.profiles[environment.profile])
      let refusals = findings.refusals.filter { $0.sites.contains(site) }.map { writer.reason($0, at: site) }
      return refused(pin, for: refusals.min())
    }
  }

  private static func fault(of pin: Pin, among pins: [Pin], _ subject: Subject) -> String? {
    guard let environment = subject.project.environments.first(where: { $0.name == pin.environment }) else {
      return "environment"
    }
    guard (0..<environment.replicaCount).contains(pin.replica) else { return "replica" }
    guard subject.compiled.index.site(named: pin.cluster) != nil else { return "cluster" }
    let isTwice = pins.contains {
      $0.environment == pin.environment && $0.replica == pin.replica && $0.cluster != pin.cluster
    }
    return isTwice ? "twice" : nil
  }

  private static func refused(_ pin: Pin, for reason: Reason?) -> Reason {
    var parameters = parameters(of: pin)
    parameters["because"] = reason?.code.rawValue
    for (name, value) in reason?.parameters ?? [:] { parameters[Reason.nested + name] = value }
    return Reason(.pinRefused, parameters)
  }

  private static func parameters(of pin: Pin) -> [String: String] {
    ["environment": pin.environment, "replica": String(pin.replica), "pinned": pin.cluster]
  }
}
