import Foundation
import Model
import Placement

/// One thing that something on offer says, and whether everybody may know it.
struct OfferFacet: Sendable {
  var facet: PolicyFacet
  /// An operator's own affair: what the public offer does not say.
  var isInternal: Bool

  private static func open(_ field: String, _ value: String?) -> Self {
    Self(facet: PolicyFacet(field, value), isInternal: false)
  }

  private static func own(_ field: String, _ value: String?) -> Self {
    Self(facet: PolicyFacet(field, value), isInternal: true)
  }

  private static func choice(_ field: String, _ value: Bool) -> Self {
    Self(facet: PolicyFacet(field, value ? LocalizedText(fr: "oui", en: "yes") : nil), isInternal: false)
  }

  private static func list(_ values: [String]) -> String? { PolicyElements.list(values) }

  private static func labels(_ metadata: Metadata) -> Self {
    own("labels", list(metadata.labels.map { "\($0.key)=\($0.value)" }))
  }

  private static func taints(_ taints: [Taint]) -> Self {
    own("taints", list(taints.map { "\($0.key)\($0.value.map { "=" + $0 } ?? ""):\($0.effect.rawValue)" }))
  }

  private static func audience(_ audience: Audience) -> [Self] {
    [
      open("organisations", list(audience.organisations)), open("audience", list(audience.scopes.map(\.rawValue))),
    ]
  }

  static func of(_ resource: Resource<OperatorSpec>) -> [Self] {
    let spec = resource.spec
    let opening = spec.flowOpening.map { opening in
      opening.mode.rawValue + (opening.maximumDelayDays.map { ", ≤ \($0) d" } ?? "")
    }
    // Who speaks for an operator may be a person: how many there are is told, and not who.
    let people = spec.representatives.filter { $0.subject != nil }.count
    return [
      open("displayName", spec.displayName), open("flowOpening", opening), own("contact", spec.contact),
      own("representatives", list(spec.representatives.compactMap(\.group))),
      own("people", people == 0 ? nil : String(people)), labels(resource.metadata),
    ]
  }

  static func of(_ resource: Resource<ChainSpec>) -> [Self] {
    let spec = resource.spec
    return [
      open("operator", spec.operator), open("displayName", spec.displayName),
      open("sensitivities", list(spec.sensitivities.map(\.rawValue))),
      open("regions", list(spec.regions)),
    ] + audience(spec.audience) + [labels(resource.metadata)]
  }

  /// - Parameter declared: all qualifications that the region declares, also those that do not count.
  static func of(_ resource: Resource<RegionSpec>, _ declared: [RegionSpec.Qualification]) -> [Self] {
    let spec = resource.spec
    let waiting = Set(declared.map(\.bare)).subtracting(spec.qualifications.map(\.bare))
    let evidence = declared.compactMap { one in one.evidence.map { "\(one.period) : \($0.reference)" } }
    return [
      open("displayName", spec.displayName), open("operator", spec.operator), open("country", spec.location.country),
      open("subdivision", spec.location.subdivision), open("city", spec.location.city),
      open("dataCenters", String(Set(spec.dataCenters.map(\.name)).count)),
      own("dataCenterNames", list(spec.dataCenters.map { $0.name + ($0.city.map { " (\($0))" } ?? "") })),
      open("qualifications", list(spec.qualifications.map(\.period))),
      own("unacknowledged", list(waiting.map(\.period))), own("evidence", list(evidence)),
      open("services", list(spec.services.map { [$0.name, $0.version].compactMap(\.self).joined(separator: " ") })),
      open("interconnections", list(spec.interconnections)),
    ] + audience(spec.audience) + [open("state", spec.state.rawValue), taints(spec.taints), labels(resource.metadata)]
  }

  static func of(_ resource: Resource<ZoneSpec>, _ clusters: [Resource<ClusterSpec>]) -> [Self] {
    let spec = resource.spec
    let shared = clusters.filter { $0.spec.privacy == .public }.count
    return [
      open("region", spec.region), open("sensitivity", spec.sensitivity.rawValue), open("slug", spec.slug),
      open("chain", spec.chain), open("shared", String(shared)), open("dedicated", String(clusters.count - shared)),
      // A branch is always named: a folder is not taken for one.
      own("git", spec.git.map { [$0.url, $0.branch ?? "main", $0.path].compactMap(\.self).joined(separator: " ") }),
      labels(resource.metadata),
    ]
  }

  static func of(_ resource: Resource<ClusterSpec>) -> [Self] {
    let spec = resource.spec
    let declared = ResourceAmounts(spec.capacity)
    let capacity = CountedResource.allCases.map { kind in
      open(
        "capacity.\(kind.rawValue)",
        spec.capacity[kind].map { _ in ResourceAmounts.text(declared[kind], of: kind) })
    }
    return [
      open("label", spec.console?.label), open("zone", spec.zone), open("management", spec.management.rawValue),
      choice("external", spec.external), open("stages", list(spec.stages)), open("state", spec.state.rawValue),
    ] + capacity + [
      own("privacy", spec.privacy.rawValue), own("projects", list(spec.projects)),
      own("dataCenterNames", list(spec.dataCenters)), own("mode", spec.mode.rawValue),
      own("capacitySource", (spec.capacitySource ?? .declared).rawValue),
      own("consoleID", spec.console?.id?.uuidString.lowercased()), taints(spec.taints), labels(resource.metadata),
    ]
  }
}

extension RegionSpec.Qualification {
  /// The qualification and its days.
  fileprivate var period: String {
    guard validFrom != nil || validUntil != nil else { return name }
    return "\(name) (\(validFrom?.description ?? "…")–\(validUntil?.description ?? "…"))"
  }
}
