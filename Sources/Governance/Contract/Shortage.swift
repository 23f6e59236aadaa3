public import Model
public import Placement

/// A resource that a cluster has too little room of, by what it has promised.
public struct Shortage: Sendable, Hashable {
  /// The cluster.
  public var cluster: String
  /// The resource.
  public var resource: CountedResource

  /// What a reason says is short; nil for any other reason, and where it names no cluster and none is given.
  ///
  /// - Parameter cluster: Whose verdict the reason is of.
  public init?(_ code: ReasonCode, _ parameters: [String: String], of cluster: String?) {
    guard code == .capacityShort, let cluster = cluster ?? parameters["cluster"],
      let resource = parameters["resource"].flatMap(CountedResource.init(rawValue:))
    else { return nil }
    (self.cluster, self.resource) = (cluster, resource)
  }
}

extension ExplanationView.ReasonView {
  /// What it says is short.
  public func shortage(of cluster: String?) -> Shortage? { Shortage(code, parameters, of: cluster) }

  /// Names those who hold what is short, in the sentence as well.
  public mutating func tell(_ known: [Shortage: HoldersView], of cluster: String?, _ language: Language) {
    guard let shortage = shortage(of: cluster), let found = known[shortage],
      let told = found.sentence(shortage.resource.rawValue, language)
    else { return }
    holders = found
    sentence += " " + told
  }
}

extension ExplanationView {
  /// What is short, in the order in which it is told: each once.
  public var shortages: [Shortage] {
    var seen: Set<Shortage> = []
    let ofAll = reasons.compactMap { $0.shortage(of: nil) }
    let ofOne = environments.flatMap(\.candidates).flatMap { candidate in
      candidate.reasons.compactMap { $0.shortage(of: candidate.cluster) }
    }
    return (ofAll + ofOne).filter { seen.insert($0).inserted }
  }

  /// Names those who hold what is short.
  public mutating func tell(_ known: [Shortage: HoldersView], _ language: Language) {
    guard !known.isEmpty else { return }
    for index in reasons.indices { reasons[index].tell(known, of: nil, language) }
    for environment in environments.indices {
      for candidate in environments[environment].candidates.indices {
        let cluster = environments[environment].candidates[candidate].cluster
        for reason in environments[environment].candidates[candidate].reasons.indices {
          environments[environment].candidates[candidate].reasons[reason].tell(known, of: cluster, language)
        }
      }
    }
  }
}

extension ValidationView {
  /// What is short, in the order in which it is told: each once.
  public var shortages: [Shortage] {
    var seen: Set<Shortage> = []
    let ofAll = reasons.compactMap { $0.shortage(of: nil) }
    let ofOne = choices.flatMap { choice in choice.reasons.compactMap { $0.shortage(of: choice.cluster) } }
    return (ofAll + ofOne).filter { seen.insert($0).inserted }
  }

  /// Names those who hold what is short.
  public mutating func tell(_ known: [Shortage: HoldersView], _ language: Language) {
    guard !known.isEmpty else { return }
    for index in reasons.indices { reasons[index].tell(known, of: nil, language) }
    for choice in choices.indices {
      let cluster = choices[choice].cluster
      for reason in choices[choice].reasons.indices {
        choices[choice].reasons[reason].tell(known, of: cluster, language)
      }
    }
  }
}
