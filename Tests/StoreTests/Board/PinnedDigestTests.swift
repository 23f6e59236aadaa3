import Foundation
import Model
import Testing

@testable import Store

/// What the trail says of old texts is the digest of what this program makes of them: it must not change with the program, or
/// every version of before would seem to have been tampered with.
struct PinnedDigestTests {
  private static let minimal = #"{"title": {"fr": "Politique"}}"#

  private static let full = #"""
    {"title": {"fr": "Politique d’hébergement de l’offre Cloud π Native", "en": "Hosting policy of the Cloud π \#
    Native offer"}, "dataClasses": [{"name": "usuelle", "sensitivity": "usuel"}, {"name": "diffusion-restreinte", \#
    "parent": "usuelle", "title": {"fr": "Diffusion restreinte"}, "sensitivity": "DR", "qualifications": \#
    ["CloudInterne"], "residency": {"countries": ["FR"], "subdivisions": ["FR-IDF", "FR-GES"]}, "requires": \#
    {"matchLabels": {"region.interconnection": "RIE"}}}], "rules": [{"id": "dr-operateurs-internes", "motive": \#
    {"fr": "Les données de diffusion restreinte restent chez un opérateur désigné de l’État.", "en": "Restricted \#
    data stays with an appointed operator of the State."}, "subject": {"matchLabels": {"project.dataClass": \#
    "diffusion-restreinte"}}, "effect": "require", "notWaivable": true, "places": {"matchLabels": \#
    {"region.operator": "anfsi"}}}, {"id": "deux-centres", "title": {"fr": "Deux centres de données"}, "motive": \#
    {"fr": "La production survit à une panne.", "en": "Production outlives an outage."}, "subject": \#
    {"matchExpressions": [{"key": "project.typology", "operator": "Exists"}]}, "effect": "require", "places": \#
    {"matchExpressions": [{"key": "region.dataCenters", "operator": "Gt", "values": ["1"]}]}, "stages": ["prod"]}, \#
    {"id": "chaine-du-ministere", "motive": {"fr": "Le ministère livre d’abord par sa chaîne."}, "effect": "prefer", \#
    "chains": {"matchExpressions": [{"key": "chain.name", "operator": "In", "values": ["chaine-usuel"]}]}, "weight": \#
    10, "validFrom": "2026-01-01", "validUntil": "2027-12-31"}], "capacity": [{"id": "externe", "places": \#
    {"matchLabels": {"cluster.external": "true"}}, "stages": ["prod"], "resources": ["cpu", "memory"], "overcommit": \#
    "1.5", "reserve": "100m", "tolerance": "50m"}], "limits": [{"subject": {"matchLabels": {"project.typology": \#
    "experimentation"}}, "production": {"cpu": "2"}, "nonProduction": {"memory": "16Gi"}}], "scoring": {"balance": \#
    4, "affinity": 6, "stickiness": 5, "locality": 2}, "governance": {"quorum": 3, "majority": "simple", \#
    "votingDays": 15, "emergencyDays": 7, "voters": ["dtnum", "anfsi", "ants", "alize"]}, "flowDelayDays": 5, \#
    "heartbeatLimitSeconds": 300, "capacityMaxAgeSeconds": 3600, "complianceDays": 30, "derogationNoticeDays": 30}
    """#

  @Test(arguments: [
    (minimal, "ade766668b7bfd6ffccb6bac9b69c0ebcd73c5c02dc0a663907252eff6a97e6b"),
    (full, "5d42cd83dc80aa3f565769b77d15b39e4cf51960f90ed0ad9c2ee19bab556ba3"),
  ])
  func `the digest of a text is what it has been`(text: String, digest: String) throws {
    let spec = try ModelJSON.decoder.decode(PolicySpec.self, from: Data(text.utf8))
    let found = try BoardDetail.digest(of: spec)
    #expect(found == digest)
  }
}
