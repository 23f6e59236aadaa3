/// Labels on what Régie keeps. The `dso/` ones are the console's own, so that the cluster's policies select our namespaces.
public enum Labels {
  /// The field manager of every write.
  public static let fieldManager = "regie-region-agent"
  /// What Régie's own labels and annotations begin with.
  static let prefix = "regie.cloud-pi-native.fr/"
  /// Selects whatever Régie keeps.
  public static let placement = prefix + "placement"
  /// The revision applied.
  public static let revision = prefix + "revision"
  /// The epoch of the revision applied.
  public static let epoch = prefix + "epoch"
  /// On a Namespace whose phase is not `active`: the phase. A warning for who reads, and the mark without which nothing
  /// is deleted.
  public static let phase = prefix + "phase"
  /// On a quota in the phases `frozen` and `draining`: how many pods were counted, once they were. What bears another number is
  /// not somebody's doing, but waits for its count.
  public static let podsInUse = prefix + "pods-in-use"
  /// A digest of the object as it was written: one that bears another than it would be given now was written by an earlier
  /// release of the agent, and differs without anybody's doing.
  public static let form = prefix + "form"
  /// Annotation of a Namespace that is to be removed: nothing is deleted before.
  public static let notBefore = prefix + "not-before"
  /// Annotation of a ConfigMap that remembers: by placement, what was refused after what was acted on.
  public static let refused = prefix + "refused"
  /// Annotation of a Namespace, by hand: corrections pause until that moment, where the agent allows pauses.
  public static let pauseUntil = prefix + "pause-until"
  /// Pinned to the console's value: the clusters' policies select namespaces by it (protocol rule 19).
  public static let managedBy = "app.kubernetes.io/managed-by"
  /// The console's value of ``managedBy``.
  public static let managedByConsole = "dso-console"
  /// By which a cluster's policies and its Pod Security admission choose namespaces: placements' and the probes' alike. The
  /// versions are the cluster's own, as where none is named and the admission's configuration pins none: named here, an old one, which
  /// knows few checks, is put back.
  public static let chosenByPolicies = [
    managedBy: managedByConsole,
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/enforce-version": "latest",
    "pod-security.kubernetes.io/audit": "restricted",
    "pod-security.kubernetes.io/audit-version": "latest",
    "pod-security.kubernetes.io/warn": "restricted",
    "pod-security.kubernetes.io/warn-version": "latest",
  ]
}
