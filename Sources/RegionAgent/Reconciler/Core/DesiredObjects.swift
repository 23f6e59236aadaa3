public import Events
internal import Foundation
internal import Model

/// What a placement looks like on a cluster: Namespace, ResourceQuota, LimitRange and two NetworkPolicies in the modes
/// `own` and `gitops`, in `adopt` what is added to a namespace that is another's.
public enum DesiredObjects {
  /// The quota's name; the same in mode `adopt`, beside the console's own `dso-quota`.
  public static let quotaName = "regie-quota"
  static let limitsName = "regie-limits"
  static let denyName = "regie-default-deny"
  static let dnsName = "regie-allow-dns"

  /// The objects of `state`, in the order of application.
  ///
  /// - Parameters:
  ///   - podsInUse: For `frozen` and `draining`, how many pods may be there; none until they were counted, so that
  ///     nothing grows meanwhile.
  ///   - rules: What mode `adopt` adds on this cluster, and above what the guard lets no removal raise a quota.
  public static func render(_ state: DesiredState, podsInUse: Int64? = nil, rules: ClusterRules = ClusterRules())
    -> [ManagedObject]
  {
    let state = held(state, to: rules.ceiling)
    switch state.mode {
    case .own, .gitops: return objects(of: state, podsInUse: podsInUse).map { wholly($0, of: state).formed }
    case .adopt:
      return objects(of: state, podsInUse: podsInUse).filter { rules.adds($0.ref.kind) }
        .map { guest($0, of: state).formed }
    case .observe: return []
    }
  }

  /// A removal is never refused for its quota, as other states are: while it waits it allows no more than the guard does.
  private static func held(_ state: DesiredState, to ceiling: ResourceList?) -> DesiredState {
    guard state.phase == .removed, let ceiling else { return state }
    var state = state
    for resource in CountedResource.allCases {
      guard let most = ceiling[resource] else { continue }
      // GPUs that are not asked for are none; the others are not limited then.
      state.quota[resource] = min(state.quota[resource] ?? (resource == .gpu ? Quantity(0) : most), most)
    }
    return state
  }

  /// What Régie sets in some phase and takes away in the next.
  static let passing: [ManagedKind: [[String]]] = [
    .namespace: [["metadata", "labels", Labels.phase], ["metadata", "annotations", Labels.notBefore]],
    .resourceQuota: [
      ["metadata", "labels", Labels.podsInUse], ["spec", "hard", "pods"], ["spec", "hard", "persistentvolumeclaims"],
    ],
  ]

  /// An object that is Régie's alone: what only another phase sets may not stand there, whoever has come to have it, too.
  private static func wholly(_ object: ManagedObject, of state: DesiredState) -> ManagedObject {
    guard let paths = passing[object.ref.kind] else { return object }
    var object = object
    let body = object.body
    // A repository's folder has none of Régie's annotations: what stands of them is not of it.
    let isKept = { (path: [String]) in state.mode == .own || !path.contains("annotations") }
    object.unwanted = paths.filter { isKept($0) && body.member(at: $0) == nil }
    return object
  }

  /// An object in another's namespace: that one is not written to, so what Régie puts there bears all marks itself. By
  /// the console's own label it would be taken for the console's.
  private static func guest(_ object: ManagedObject, of state: DesiredState) -> ManagedObject {
    var object = object
    object.labels[Labels.managedBy] = nil
    if state.phase != .active { object.labels[Labels.phase] = state.phase.rawValue }
    if state.phase == .removed { object.annotations[Labels.notBefore] = state.notBefore?.description }
    return object
  }

  private static func objects(of state: DesiredState, podsInUse: Int64?) -> [ManagedObject] {
    let common = markers(of: state)
    func object(_ kind: ManagedKind, _ name: String, _ spec: ObjectTree, labels: [String: String] = [:])
      -> ManagedObject
    {
      ManagedObject(
        ref: ObjectRef(kind: kind, namespace: state.namespace, name: name), labels: common.merging(labels) { $1 },
        spec: spec)
    }
    let counted = state.phase.isFreezing ? podsInUse.map { [Labels.podsInUse: String($0)] } : nil
    return [
      namespace(state, markers: common),
      object(.resourceQuota, quotaName, quota(hard(state, podsInUse: podsInUse)), labels: counted ?? [:]),
      object(.limitRange, limitsName, limits(within: state.quota)),
      object(.networkPolicy, denyName, deny),
      object(.networkPolicy, dnsName, dns),
    ]
  }

  private static func markers(of state: DesiredState) -> [String: String] {
    [
      Labels.managedBy: Labels.managedByConsole,
      Labels.placement: state.placement.uuidString.lowercased(),
      Labels.revision: String(state.revision),
      Labels.epoch: String(state.epoch),
    ]
  }

  private static func namespace(_ state: DesiredState, markers: [String: String]) -> ManagedObject {
    var labels = markers
    labels["dso/project"] = state.project.name
    labels["dso/project.slug"] = state.project.name
    labels["dso/project.id"] = state.project.id.uuidString.lowercased()
    labels["dso/environment"] = state.environment.name
    labels["dso/environment.id"] = state.environment.id.uuidString.lowercased()
    labels.merge(Labels.chosenByPolicies) { $1 }
    var annotations: [String: String] = [:]
    if state.phase != .active { labels[Labels.phase] = state.phase.rawValue }
    if state.phase == .removed { annotations[Labels.notBefore] = state.notBefore?.description }
    return ManagedObject(
      ref: ObjectRef(kind: .namespace, namespace: state.namespace, name: state.namespace), labels: labels,
      annotations: annotations)
  }

  /// A quota of all pods. The empty lists are there to be owned, as a policy's: a quota that counts some pods only, as those of a
  /// priority class, limits none of the others.
  private static func quota(_ hard: ObjectTree) -> ObjectTree {
    ["hard": hard, "scopes": [], "scopeSelector": ["matchExpressions": []]]
  }

  /// What the phase makes of the quota (protocol rule 18). While a namespace that must keep its volumes waits for its
  /// removal, no new one can come into it: it would be lost with the namespace, or hold it for ever.
  static func hard(_ state: DesiredState, podsInUse: Int64?) -> ObjectTree {
    guard case .object(var hard) = hard(state.quota) else { return [:] }
    switch state.phase {
    case .active: break
    case .frozen, .draining:
      let pods = Quantity(podsInUse ?? 0)
      hard["pods"] = .string(min(pods, state.quota.pods ?? pods).description)
    case .removed:
      // In another's namespace nothing but Régie's own goes.
      if state.mode != .adopt, state.removePersistentVolumes != true { hard["persistentvolumeclaims"] = "0" }
    }
    return .object(hard)
  }

  /// The console's own form: limits equal requests. GPUs that were not asked for are none, since nobody reserved them;
  /// storage and pods that were not asked for are not limited, as with the console today.
  static func hard(_ quota: ResourceList) -> ObjectTree {
    var hard: [String: ObjectTree] = [:]
    func set(_ names: [String], _ amount: Quantity?) {
      guard let amount else { return }
      for name in names { hard[name] = .string(amount.description) }
    }
    set(["requests.cpu", "limits.cpu"], quota.cpu)
    set(["requests.memory", "limits.memory"], quota.memory)
    set(["requests.nvidia.com/gpu"], quota.gpu ?? Quantity(0))
    set(["requests.storage"], quota.storage)
    set(["pods"], quota.pods)
    return .object(hard)
  }

  /// Defaults for containers that state nothing, never above the quota: under a quota such pods would be refused.
  private static func limits(within quota: ResourceList) -> ObjectTree {
    func bounded(_ wanted: Quantity, by bound: Quantity?) -> ObjectTree {
      .string(min(wanted, bound ?? wanted).description)
    }
    let mebibyte: Int64 = 1 << 20
    return [
      "limits": [
        [
          "type": "Container",
          "default": [
            "cpu": bounded(Quantity(milli: 500), by: quota.cpu),
            "memory": bounded(Quantity(512 * mebibyte), by: quota.memory),
          ],
          "defaultRequest": [
            "cpu": bounded(Quantity(milli: 100), by: quota.cpu),
            "memory": bounded(Quantity(128 * mebibyte), by: quota.memory),
          ],
        ]
      ]
    ]
  }

  /// The empty lists are there to be owned: without them a rule added by hand would open the namespace and stay, since
  /// server-side apply takes away only what its manager once set.
  private static let deny: ObjectTree = [
    "podSelector": [:], "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": [],
  ]

  /// Name resolution inside the cluster only: any namespace's port 53, and 5353 as OpenShift serves it.
  private static let dns: ObjectTree = [
    "podSelector": [:],
    "policyTypes": ["Egress"],
    "ingress": [],
    "egress": [
      [
        "to": [["namespaceSelector": [:]]],
        "ports": [
          ["protocol": "UDP", "port": 53], ["protocol": "TCP", "port": 53],
          ["protocol": "UDP", "port": 5353], ["protocol": "TCP", "port": 5353],
        ],
      ]
    ],
  ]
}
