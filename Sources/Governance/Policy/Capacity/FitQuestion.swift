public import Foundation
public import Model
public import Placement

/// How many more projects of one environment would find a place, one after the other, and where: by the engine itself.
public struct FitQuestion: Sendable, Hashable {
  /// The class of their data.
  public var dataClass: String
  /// Their environment's stage.
  public var stage: String
  /// Whose they are; one that nobody knows may go only where everybody may.
  public var organisation: String
  /// Whether they are of one ministry or of several.
  public var audience: AudienceScope
  /// How many replicas each has.
  public var replicas: Int
  /// What replicas are kept apart by; data centres unless said otherwise.
  public var distinct: ProjectSpec.Topology?

  /// A question.
  public init(
    dataClass: String, stage: String, organisation: String = "", audience: AudienceScope = .ministerial,
    replicas: Int = 1, distinct: ProjectSpec.Topology? = nil
  ) {
    self.dataClass = dataClass
    self.stage = stage
    self.organisation = organisation
    self.audience = audience
    self.replicas = replicas
    self.distinct = distinct
  }

  /// A project of a size, which has nothing yet. Two of them are two projects: what one may hold in all does not count for
  /// the other.
  public func request(_ size: EnvironmentSize, at now: Date) -> DecisionRequest {
    let environment = ProjectSpec.Environment(
      name: "env", stage: stage, quota: size.quota, replicas: replicas, distinct: distinct)
    return DecisionRequest(
      project: Resource(
        "capacity",
        ProjectSpec(
          organisation: organisation, audience: audience, dataClasses: [dataClass], environments: [environment])),
      now: now)
  }
}
