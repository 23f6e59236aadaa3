/// Labels on what Régie keeps. The `dso/` ones are the console's own, so that the cluster's policies select our namespaces.
public enum Labels {
  /// The field manager of every write.
  public static let fieldManager = "regie-region-agent"
  /// Selects whatever Régie keeps.
  public static let placement = "regie.cloud-pi-native.fr/placement"
  /// The revision applied.
  public static let revision = "regie.cloud-pi-native.fr/revision"
  /// The epoch of the revision applied.
  public static let epoch = "regie.cloud-pi-native.fr/epoch"
  /// Pinned to the console's value: the clusters' policies select namespaces by it (protocol rule 19).
  public static let managedBy = "app.kubernetes.io/managed-by"
  /// The console's value of ``managedBy``.
  public static let managedByConsole = "dso-console"
  /// By which a cluster's policies and its Pod Security admission choose namespaces: placements' and the probes' alike.
  public static let chosenByPolicies = [
    managedBy: managedByConsole,
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/audit": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
  ]
}
