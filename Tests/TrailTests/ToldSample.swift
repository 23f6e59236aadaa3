import Events
import Foundation

@testable import Trail

/// A proposal from its first words to the version that it has become: as entries tell of it, and as the tables hold it.
enum ToldSample {
  static let id = UUID(uuid: (14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
  /// The one that another vote had this one carry.
  static let other = UUID(uuid: (15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2))
  static let name = "0e000000-0000-0000-0000-000000000001"

  static func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

  /// An act in its place in the chain, a second after the one before; its id is ten times that.
  static func entry(
    _ place: Int64, _ action: String, _ detail: String, by principal: String = "oidc:ada",
    kind: String = "PolicyProposal", name: String = ToldSample.name
  ) -> AuditEntry {
    AuditEntry(
      id: place * 10, at: at(place), principal: principal, action: action, kind: kind, name: name,
      body: Array(#"{"detail":{\#(detail)}}"#.utf8), digest: [],
      seal: AuditSeal(position: place, previous: [], link: [], sealedAt: at(place)))
  }

  static let draft = #""digest":"d1","operator":"dtnum","base":1,"kind":"ordinary""#

  /// What each act tells from the proposal on.
  static func detail(
    digest: String = "d1", base: Int64 = 1, quorum: Int? = 2, closesAt: Int64 = 900, _ more: String = ""
  ) -> String {
    let rules = quorum.map {
      #","rules":{"quorum":\#($0),"majority":"simple","votingDays":7,"emergencyDays":3,"voters":["anfsi","dtnum"]}"#
    }
    let terms = #""operator":"dtnum","base":\#(base),"kind":"ordinary","motive":{"fr":"m"}"#
    return #""digest":"\#(digest)","before":{},\#(terms),"closesAt":"\#(at(closesAt))"\#(rules ?? "")\#(more)"#
  }

  static func vote(_ voter: String, _ choice: String, _ seconds: Int64) -> String {
    #","vote":{"operator":"\#(voter)","choice":"\#(choice)","reason":"r","at":"\#(at(seconds))"}"#
  }

  static func impact(_ digest: String) -> String {
    #","impact":{"digest":"\#(digest)","asOf":"\#(at(7))"}"#
  }

  static let comment = #","comment":{"operator":"anfsi","at":"\#(at(4))","digest":"c1"}"#

  /// The count, and two versions: its own, and one of another proposal that is carried.
  static let end: String = {
    let count = #","result":{"for":2,"against":0,"abstain":0,"silent":0,"isBacked":true}"#
    let own = #"{"version":2,"effectiveAt":"\#(at(100))","origin":"ratified","digest":"d1","proposal":"\#(id)"}"#
    let carried = #"{"version":3,"effectiveAt":"\#(at(200))","origin":"carried","digest":"d9","proposal":"\#(other)"}"#
    return #"\#(count),"versions":[\#(own),\#(carried)]"#
  }()

  /// Drafted by one, edited and put to the vote by another; one operator says something, and votes twice.
  static let acts: [AuditEntry] = [
    entry(1, "drafted", #""digest":"d0","operator":"dtnum","base":1,"kind":"ordinary""#),
    entry(2, "edited", #"\#(draft),"before":{}"#, by: "oidc:bob"),
    entry(3, "proposed", detail(), by: "oidc:bob"),
    entry(4, "commented", detail(comment), by: "oidc:eve"),
    entry(5, "voted", detail(vote("anfsi", "against", 5)), by: "oidc:eve"),
    entry(6, "voted", detail(vote("anfsi", "for", 6) + impact("i0")), by: "oidc:eve"),
    entry(7, "voted", detail(end + vote("dtnum", "for", 7) + impact("i1"))),
    entry(8, "ratified", detail(end + vote("dtnum", "for", 7) + impact("i1"))),
  ]

  static func ballot(_ voter: String, _ choice: String, _ seconds: Int64, _ principal: String?) -> ToldPolicy.Ballot {
    ToldPolicy.Ballot(operator: voter, choice: choice, reason: "r", at: at(seconds), principal: principal)
  }

  static let rules = ToldTerms.Rules(
    quorum: 2, majority: "simple", votingDays: 7, emergencyDays: 3, voters: ["anfsi", "dtnum"])

  /// As it is stored while it is voted on, before anybody has.
  static let proposed = ToldPolicy.Proposal(
    id: id, state: "open", digest: "d1", standing: [], cast: [],
    terms: ToldTerms(
      operator: "dtnum", base: 1, kind: "ordinary", motive: ["fr": "m"], closesAt: at(900), rules: rules),
    course: ToldCourse(createdAt: at(1), proposedAt: at(3), writers: ["oidc:ada", "oidc:bob"]), asked: "d1")

  /// As it is stored at the end.
  static let ratified: ToldPolicy.Proposal = {
    var stored = proposed
    stored.state = "ratified"
    let last = [ballot("dtnum", "for", 7, "oidc:ada"), ballot("anfsi", "for", 6, "oidc:eve")]
    stored.standing = last
    stored.cast = [ballot("anfsi", "against", 5, "oidc:eve"), last[1], last[0]]
    stored.comments = [ToldPolicy.Comment(operator: "anfsi", at: at(4), digest: "c1")]
    stored.result = ToldPolicy.Count(for: 2, against: 0, abstain: 0, silent: 0, isBacked: true)
    stored.course.closedAt = at(8)
    stored.course.version = 2
    stored.course.impact = ToldImpact(digest: "i1", asOf: at(7))
    return stored
  }()

  static func told(_ acts: [AuditEntry]) -> ToldPolicy {
    var told = ToldPolicy()
    for act in acts { told.take(act) }
    return told
  }

  /// What is found of what is stored after these acts, all of it at the place of the last.
  static func kinds(_ stored: ToldPolicy.Proposal, after acts: [AuditEntry] = ToldSample.acts) -> [String] {
    var policy = told(acts)
    let place = acts.last?.seal?.position ?? 0
    return policy.check(stored).map { finding in
      let isThere = finding == AuditFinding(finding.kind, at: place, id: place * 10, subject: name)
      return isThere ? finding.kind.rawValue : "\(finding)"
    }
  }

  /// `kind@position/id subject`.
  static func text(_ findings: [AuditFinding]) -> [String] {
    findings.map { "\($0.kind.rawValue)@\($0.position)/\($0.id ?? 0) \($0.subject ?? "-")" }
  }
}
