/// What is on offer beside ``Offered`` and is not for everybody: a DR zone, a cluster of some projects' own, and who is there.
enum RestrictedOffer {
  private static let head = "apiVersion: regie.cloud-pi-native.fr/v1\n"

  /// The numbers are like no other: 13.337 cores are promised of the 69.3 that may be.
  static let resources: [(String, String)] = [
    ("operators/autre", Offered.op.replacing("dtnum", with: "autre")),
    (
      "zones/nord-dr",
      "\(head)kind: Zone\nmetadata: {name: nord-dr}\n"
        + "spec: {region: nord, sensitivity: DR, slug: nord-dr, chain: forge, git: {url: \"https://git.example/tu\"}}"
    ),
    (
      "clusters/dr-1",
      Offered.cluster("dr-1", cpu: "77").replacing("zone: nord-usuel", with: "zone: nord-dr")
        .replacing("{name: dr-1}", with: "{name: dr-1, annotations: {note: annotation-tue}}")
    ),
    (
      "clusters/propre-1",
      Offered.cluster("propre-1", cpu: "41234m")
        .replacing("  zone: nord-usuel", with: "  zone: nord-usuel\n  privacy: dedicated\n  projects: [habitant7]")
    ),
    ("projects/secretdr", Offered.project("secretdr", dataClass: "dr", cpu: "13337m")),
    ("projects/vigie", Offered.project("vigie", cpu: "60")),
  ]
}
