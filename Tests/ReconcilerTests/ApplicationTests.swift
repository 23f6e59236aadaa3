import Events
import Foundation
import Model
import Testing

@testable import Reconciler

/// Mode `gitops` where Argo CD is asked: its own words are told, and change nothing of what is done.
struct ApplicationTests {
  private func state(_ revision: Int64 = 1, _ phase: PlacementPhase = .active) -> DesiredState {
    Fixtures.desired(
      revision, phase: phase, mode: .gitops, notBefore: phase == .removed ? Fixtures.start : nil,
      removePersistentVolumes: phase == .removed ? true : nil)
  }

  private func synchronise(_ rig: inout Rig) {
    for object in rig.commits.last?.objects ?? [] {
      rig.version += 1
      rig.feed(.live(object.live(rig.version)))
    }
  }

  private func committed() -> Rig {
    var rig = Rig(rules: ClusterRules(.gitops))
    rig.feed(.desired(state(), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.commit(.written(commit: "c0ffee"))
    return rig
  }

  private func settled() -> Rig {
    var rig = committed()
    synchronise(&rig)
    return rig
  }

  private func message(_ rig: Rig, _ type: String) -> String? {
    rig.report?.conditions.first { $0.type == type }?.message
  }

  private let synced = ApplicationStatus(sync: .synced, revision: "c0ffee", health: .healthy)

  @Test func `where Argo CD is not asked nothing is said of it`() {
    let rig = settled()
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
    #expect(rig.report?.conditions.contains { ["Synced", "Healthy"].contains($0.type) } == false)
  }

  @Test func `its words are told as they are, in their place among the conditions`() {
    var rig = settled()
    rig.feed(.application(.seen(synced)), after: 5)
    #expect(rig.report?.says("Synced") == "True Synced" && message(rig, "Synced") == "commit c0ffee")
    #expect(rig.report?.says("Healthy") == "True Healthy")
    #expect(rig.report?.conditions.map(\.type) == ["Applied", "Ready", "Committed", "Synced", "Healthy"])
    rig.feed(
      .application(
        .seen(
          ApplicationStatus(
            sync: .outOfSync, revision: "d00d", health: .degraded, healthMessage: "a job failed", operation: "Failed",
            operationMessage: "one or more objects failed to apply", conditions: ["SyncError: boom"]))), after: 5)
    #expect(rig.report?.says("Synced") == "False OutOfSync" && rig.report?.says("Healthy") == "False Degraded")
    #expect(message(rig, "Synced") == "commit d00d: Failed: one or more objects failed to apply; SyncError: boom")
    #expect(message(rig, "Healthy") == "a job failed")
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Ready") == "True QuotaEnforced")
    #expect(rig.commits.count == 1 && rig.orders.isEmpty)
  }

  @Test(arguments: ApplicationStatus.Health.allCases)
  func `only healthy is true, and only unknown is unknown`(health: ApplicationStatus.Health) {
    var rig = settled()
    rig.feed(.application(.seen(ApplicationStatus(sync: .unknown, health: health))), after: 5)
    let holds = health == .healthy ? "True" : health == .unknown ? "Unknown" : "False"
    #expect(rig.report?.says("Healthy") == "\(holds) \(health.rawValue)")
    #expect(rig.report?.says("Synced") == "Unknown Unknown")
  }

  @Test func `others' commits move the one that Argo CD names, and are no news`() {
    var rig = settled()
    rig.feed(.application(.seen(synced)), after: 5)
    let told = rig.reports.count
    for commit in ["a1", "a2", "a3"] {
      var later = synced
      later.revision = commit
      rig.feed(.application(.seen(later)), after: 10)
      rig.feed(.alarm, after: 10)
    }
    #expect(rig.reports.count == told && message(rig, "Synced") == "commit c0ffee")
  }

  @Test func `Synced of a commit that does not hold the revision is not taken for this one's`() {
    var rig = settled()
    rig.feed(.application(.seen(synced)), after: 5)
    rig.feed(.desired(Fixtures.desired(2, mode: .gitops, cpu: 8), publishedAt: nil, refusal: nil), after: 5)
    #expect(rig.report?.says("Synced") == "Unknown AnotherCommit", "not committed yet")
    rig.commit(.written(commit: "f00d"), after: 5)
    #expect(rig.report?.says("Applied") == "False AwaitingSync")
    #expect(rig.report?.says("Synced") == "Unknown AnotherCommit")
    #expect(message(rig, "Synced")?.contains("commit c0ffee") == true)
    var there = synced
    there.revision = "f00d"
    rig.feed(.application(.seen(there)), after: 5)
    #expect(rig.report?.says("Synced") == "True Synced", "by its own word; the cluster's word is Applied")
    #expect(rig.report?.says("Applied") == "False AwaitingSync")
  }

  @Test func `Synced of a later commit counts once the cluster shows the revision, also where it is edited afterwards`()
  {
    var rig = committed()
    var later = synced
    later.revision = "1a7e"
    rig.feed(.application(.seen(later)), after: 5)
    #expect(rig.report?.says("Synced") == "Unknown AnotherCommit")
    synchronise(&rig)
    rig.feed(.alarm, after: 5)
    #expect(rig.report?.says("Synced") == "True Synced" && message(rig, "Synced") == "commit 1a7e")
    rig.feed(.live(rig.edited(of: state())), after: 5)
    #expect(rig.report?.says("Drifted") == "True Reported" && rig.report?.says("Synced") == "True Synced")
  }

  @Test func `Argo CD's Progressing keeps no report back`() {
    var rig = Rig(rules: ClusterRules(.gitops))
    rig.feed(.application(.seen(ApplicationStatus(sync: .synced, health: .progressing))))
    rig.feed(.desired(state(), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.report?.says("Healthy") == "False Progressing" && rig.report?.says("Committed") == "False Committing")
  }

  @Test(arguments: [
    (ApplicationSighting.missing("regie-x"), "ApplicationMissing", "there is no Application regie-x"),
    (.unavailable(reason: "ApplicationsForbidden", message: "403"), "ApplicationsForbidden", "403"),
  ])
  func `that its word can not be had is told, and nothing else changes`(
    sighting: ApplicationSighting, reason: String, text: String
  ) {
    var rig = settled()
    rig.feed(.application(.seen(synced)), after: 5)
    rig.feed(.application(sighting), after: 5)
    for type in ["Synced", "Healthy"] {
      #expect(rig.report?.says(type) == "Unknown \(reason)" && message(rig, type) == text)
    }
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Ready") == "True QuotaEnforced")
    rig.feed(.application(.seen(synced)), after: 5)
    #expect(rig.report?.says("Synced") == "True Synced" && message(rig, "Synced") == "commit c0ffee")
  }

  @Test func `what has not been looked at is not said, and the same word twice is one report`() {
    var rig = settled()
    let told = rig.reports.count
    rig.feed(.application(.unread), after: 5)
    #expect(rig.reports.count == told)
    rig.feed(.application(.seen(synced)), after: 5)
    rig.feed(.application(.seen(synced)), after: 5)
    #expect(rig.reports.count == told + 1)
  }

  @Test func `with the folder of a removed placement its Application goes, and nobody misses it`() {
    var rig = settled()
    rig.feed(.application(.seen(synced)), after: 5)
    rig.feed(.desired(state(2, .removed), publishedAt: nil, refusal: nil), after: 5)
    #expect(rig.report?.says("Synced") == "True Synced")
    rig.feed(.application(.missing("regie-x")), after: 5)
    #expect(rig.report?.says("Synced") == "Unknown ApplicationMissing")
    rig.commit(.removed, after: 5)
    #expect(rig.report?.conditions.contains { ["Synced", "Healthy"].contains($0.type) } == false)
  }

  @Test func `a pattern names each placement's Application`() throws {
    let placement = try #require(UUID(uuidString: "4F0C0000-0000-4000-8000-000000000001"))
    let name = { (text: String) in
      ApplicationPattern(text)?.name(of: placement, cluster: "argo-1", namespace: "a--b")
    }
    #expect(name("regie-{placement}") == "regie-4f0c0000-0000-4000-8000-000000000001")
    #expect(name("{cluster}.{namespace}") == "argo-1.a--b")
    #expect(name("zone-z1") == "zone-z1")
  }

  @Test(arguments: [
    "", "Regie", "regie-{project}", "-a", "a-", "a..b", "{placement}/x", String(repeating: "a", count: 254),
  ])
  func `what makes no name is refused`(text: String) {
    #expect(ApplicationPattern(text) == nil)
  }

  @Test func `a book finds the placements of a name, and one placement has one name at a time`() throws {
    let (one, two) = (Fixtures.placement, UUID(uuid: (9, 0, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, 1)))
    var book = ApplicationBook(pattern: try #require(ApplicationPattern("app-{namespace}")))
    book.note(one, cluster: "c", namespace: "n1")
    book.note(two, cluster: "c", namespace: "n1")
    #expect(Set(book.placements(of: "app-n1")) == [one, two] && book.all.count == 2)
    book.note(two, cluster: "c", namespace: "n2")
    #expect(book.placements(of: "app-n1") == [one] && book.placements(of: "app-n2") == [two])
    #expect(book.sighting(of: one) { _ in synced } == .unread)
    book.isListed = true
    #expect(book.sighting(of: one) { $0 == "app-n1" ? synced : nil } == .seen(synced))
    #expect(book.sighting(of: two) { $0 == "app-n1" ? synced : nil } == .missing("app-n2"))
    book.trouble = ApplicationBook.Trouble(reason: "R", message: "m")
    #expect(book.sighting(of: one) { _ in synced } == .unavailable(reason: "R", message: "m"))
  }
}
