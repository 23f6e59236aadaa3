/// The catalogue of events.
public enum EventType {
  /// A placement's whole desired state.
  public static let desired = "fr.cloud-pi-native.regie.placement.desired.v1"
  /// What a zone's desired topic holds.
  public static let zone = "fr.cloud-pi-native.regie.zone.record.v1"
  /// What an agent saw of a placement.
  public static let observed = "fr.cloud-pi-native.regie.placement.observed.v1"
  /// An agent's heartbeat.
  public static let agent = "fr.cloud-pi-native.regie.agent.status.v1"
  /// How far the audit trail's chain got.
  public static let auditAnchor = "fr.cloud-pi-native.regie.audit.anchor.v1"

  /// What a proposal for the policy has come to.
  public static let proposal = "fr.cloud-pi-native.regie.policy.proposal.v1"
  /// What an operator has said to a proposal.
  public static let vote = "fr.cloud-pi-native.regie.policy.vote.v1"
  /// That an operator has said something of a proposal.
  public static let comment = "fr.cloud-pi-native.regie.policy.comment.v1"
  /// What a version of the policy has come to.
  public static let policyVersion = "fr.cloud-pi-native.regie.policy.version.v1"
  /// What a finding has come to.
  public static let finding = "fr.cloud-pi-native.regie.policy.finding.v1"

  /// What the public document of the offer and the policy has come to.
  public static let offer = "fr.cloud-pi-native.regie.offer.current.v1"
  /// That a recovered database has begun another epoch.
  public static let epoch = "fr.cloud-pi-native.regie.epoch.v1"

  /// What has become of a network flow that was put before the board.
  public static let flow = "fr.cloud-pi-native.regie.flow.v1"

  /// What has become of a migration.
  public static let migration = "fr.cloud-pi-native.regie.migration.v1"
  /// What has become of the move of one environment.
  public static let move = "fr.cloud-pi-native.regie.move.v1"

  /// All types, in the order of the documentation.
  public static let all = [
    desired, zone, observed, agent, auditAnchor, proposal, vote, comment, policyVersion, finding, offer, epoch, flow,
    migration, move,
  ]

  /// The identifier of the JSON Schema of a type's data.
  public static func schema(of type: String) -> String { "urn:regie:schema:\(type)" }
}
