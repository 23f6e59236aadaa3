import Events
public import Foundation
public import Model

extension WebhookNote {
  /// What is told of a flow after these actions.
  public static func notes(of flow: NetworkFlow, after actions: [FlowAction]) -> [WebhookNote] {
    let wish = flow.wish
    let ports = wish.ports.prefix(10).map(String.init).joined(separator: ",")
    let arrow = wish.direction == .outbound ? "→" : "←"
    let what = "\(wish.project)/\(wish.environment) \(arrow) \(plain(wish.system)) \(wish.protocol.rawValue)/\(ports)"
    func note(_ event: WebhookEvent, _ task: FlowTask?, project: String? = nil, _ text: LocalizedText) -> WebhookNote {
      WebhookNote(
        event, operator: task?.operator, project: project, text: text,
        subject: Subject(
          kind: "flow", id: flow.id.uuidString.lowercased(), project: wish.project, environment: wish.environment,
          operator: task?.operator, state: flow.state.rawValue, dueAt: task.map { "\($0.dueAt)" }))
    }
    // The team at the other end, where that is an environment of another project: it is told of what leads to it.
    let peer = wish.peer.map(\.project).flatMap { $0 == wish.project ? nil : $0 }
    func closing(_ names: [String], _ event: WebhookEvent, _ text: (FlowTask) -> LocalizedText) -> [WebhookNote] {
      (flow.closings ?? []).filter { names.contains($0.operator) }.map { note(event, $0, text($0)) }
    }
    var notes: [WebhookNote] = []
    for action in actions {
      switch action {
      case .askToClose(let names):
        notes += closing(names, .flowAsked) { task in
          LocalizedText(
            fr: "flux à fermer par \(task.operator) au plus tard le \(ParisTime.day(of: task.dueAt)) : \(what)",
            en: "flow to be closed by \(task.operator) by \(ParisTime.day(of: task.dueAt)): \(what)")
        }
      case .remindToClose(let names):
        notes += closing(names, .flowReminder) { task in
          LocalizedText(
            fr: "le délai de \(task.operator) pour fermer finit le \(ParisTime.day(of: task.dueAt)) : flux \(what)",
            en: "the delay of \(task.operator) for closing ends on \(ParisTime.day(of: task.dueAt)): flow \(what)")
        }
      case .ask(let names):
        if let peer {
          let text = LocalizedText(
            fr: "un flux est demandé avec un environnement de votre projet : \(what)",
            en: "a flow is asked for with an environment of your project: \(what)")
          notes.append(note(.flowAsked, nil, project: peer, text))
        }
        notes += flow.tasks.filter { names.contains($0.operator) }.map { task in
          let day = ParisTime.day(of: task.dueAt)
          return note(
            .flowAsked, task,
            LocalizedText(
              fr: "flux à ouvrir ou à rejeter par \(task.operator) au plus tard le \(day) : \(what)",
              en: "flow to be opened or rejected by \(task.operator) by \(day): \(what)"))
        }
      case .remind(let names):
        notes += flow.tasks.filter { names.contains($0.operator) }.map { task in
          note(
            .flowReminder, task,
            LocalizedText(
              fr: "le délai de \(task.operator) finit le \(ParisTime.day(of: task.dueAt)) pour le flux \(what)",
              en: "the delay of \(task.operator) ends on \(ParisTime.day(of: task.dueAt)) for flow \(what)"))
        }
      case .escalate(let names):
        for task in flow.tasks where names.contains(task.operator) {
          let text = LocalizedText(
            fr: "délai dépassé par \(task.operator), le comité est saisi du flux \(what)",
            en: "\(task.operator) has let the delay pass, the board has been told of flow \(what)")
          // The board meets where the service body has it told.
          var before = note(.flowOverdue, task, text)
          (before.operator, before.isForServiceBody) = (nil, true)
          notes.append(before)
          // Whose another project's end is, the team that has asked is not told before the flow is open.
          guard peer != nil, task.ends.allSatisfy({ $0.side == .system }) else {
            notes.append(note(.flowOverdue, task, project: wish.project, text))
            continue
          }
          var untold = note(
            .flowOverdue, nil, project: wish.project,
            LocalizedText(
              fr: "délai dépassé à l’autre bout, le comité est saisi du flux \(what)",
              en: "the delay has passed at the far end, the board has been told of flow \(what)"))
          untold.subject.dueAt = "\(task.dueAt)"
          notes += [note(.flowOverdue, task, text), untold]
        }
      case .tell(let deed) where [.opened, .rejected, .withdrawn, .lapsed, .suspended].contains(deed):
        let state = flow.state.name
        let text = LocalizedText(fr: "flux \(state.fr) : \(what)", en: "flow \(state.en ?? state.fr): \(what)")
        notes += [wish.project, peer].compactMap(\.self).map { note(.flowDecided, nil, project: $0, text) }
        notes += flow.operators.map { name in
          var note = note(.flowDecided, nil, text)
          (note.operator, note.subject.operator) = (name, name)
          return note
        }
      case .tell: break
      }
    }
    return notes
  }

  /// What these operators are told of a request for a derogation: that they may say what they think of it.
  public static func notes(of request: DerogationRequest, asking operators: [String]) -> [WebhookNote] {
    let what = Self.what(request)
    let text = LocalizedText(
      fr: "dérogation demandée, un avis est attendu : \(what)",
      en: "derogation asked for, an opinion is wanted: \(what)")
    return operators.map { name in
      var subject = Self.subject(request)
      subject.operator = name
      return WebhookNote(.derogationAsked, operator: name, text: text, subject: subject)
    }
  }

  private static func what(_ request: DerogationRequest) -> String {
    "\(request.scope.project), \(plain(request.scope.rules.joined(separator: ", ")))"
  }

  private static func subject(_ request: DerogationRequest) -> Subject {
    Subject(
      kind: "derogation-request", id: request.id.uuidString.lowercased(), project: request.scope.project,
      state: request.state.rawValue, dueAt: request.scope.validUntil.map { "\($0)" })
  }

  /// What is told of a request for a derogation after these actions: to the project, which has asked.
  public static func notes(of request: DerogationRequest, after actions: [DerogationAction]) -> [WebhookNote] {
    let what = Self.what(request)
    func note(_ event: WebhookEvent, _ text: LocalizedText) -> WebhookNote {
      WebhookNote(event, project: request.scope.project, text: text, subject: Self.subject(request))
    }
    return actions.compactMap { action in
      guard case .tell(let deed) = action else { return nil }
      let state = request.state.name
      switch deed {
      case .decided:
        return note(
          .derogationDecided,
          LocalizedText(
            fr: "dérogation décidée, qui ne vaut qu’une fois notifiée : \(what)",
            en: "derogation decided, which counts only once it is notified: \(what)"))
      case .notified:
        return note(
          .derogationNotified,
          LocalizedText(fr: "dérogation \(state.fr) : \(what)", en: "derogation \(state.en ?? state.fr): \(what)"))
      case .expiring:
        let last = request.scope.validUntil.map { "\($0)" } ?? ""
        return note(
          .derogationExpiring,
          LocalizedText(
            fr: "la dérogation prend fin le \(last) : \(what)", en: "the derogation ends on \(last): \(what)"))
      case .revoked, .withdrawn, .expired:
        return note(
          .derogationEnded,
          LocalizedText(fr: "dérogation \(state.fr) : \(what)", en: "derogation \(state.en ?? state.fr): \(what)"))
      case .opined: return nil
      }
    }
  }

  /// What is told of a finding, to the operator where it is and to the project.
  ///
  /// - Parameters:
  ///   - mayStay: whether only its chain is in the way: then it is decided on again, and not migrated.
  ///   - isReplaced: whether it has ended because something else is wrong by now.
  public static func finding(
    _ event: WebhookEvent, id: UUID, project: String, environment: String, operator name: String, rules: [String],
    dueOn: CalendarDay, mayStay: Bool = false, resolution: String? = nil,
    isReplaced: Bool = false
  ) -> WebhookNote {
    let what = "\(project)/\(environment) (\(plain(rules.joined(separator: ", "))))"
    let (toDo, toDoEN) =
      mayStay
      ? ("décider de nouveau, pour qu’une autre chaîne y livre,", "decide again, so that another chain delivers to it,")
      : ("migrer", "migrate")
    let text =
      switch event {
      case .findingResolved where isReplaced:
        LocalizedText(fr: "remplacé par un autre constat : \(what)", en: "replaced by another finding: \(what)")
      case .findingResolved:
        LocalizedText(fr: "de nouveau conforme : \(what)", en: "compliant again: \(what)")
      case .findingDue:
        LocalizedText(
          fr: "l’échéance du \(dueOn) approche, \(toDo) ou obtenir une dérogation : \(what)",
          en: "the deadline of \(dueOn) is near, \(toDoEN) or obtain a derogation: \(what)")
      default:
        LocalizedText(
          fr: "non conforme, \(toDo) ou obtenir une dérogation au plus tard le \(dueOn) : \(what)",
          en: "not compliant, \(toDoEN) or obtain a derogation by \(dueOn): \(what)")
      }
    return WebhookNote(
      event, operator: name, project: project, text: text,
      subject: Subject(
        kind: "finding", id: id.uuidString.lowercased(), project: project, environment: environment, operator: name,
        state: resolution ?? "open", dueAt: "\(dueOn)"))
  }

  /// What operators are told of a finding whose region has gone from one to another. The project has been told of it,
  /// and is not told again; neither is anybody where the region is another and its operator the same.
  ///
  /// - Parameter isDueTold: whether the former one was told already that the deadline is near: then the new one is told
  ///   now.
  public static func handedOver(
    id: UUID, project: String, environment: String, from former: String, to next: String, rules: [String],
    dueOn: CalendarDay, mayStay: Bool = false, isDueTold: Bool
  ) -> [WebhookNote] {
    guard former != next else { return [] }
    func note(_ event: WebhookEvent, _ name: String) -> WebhookNote {
      var note = finding(
        event, id: id, project: project, environment: environment, operator: name, rules: rules, dueOn: dueOn,
        mayStay: mayStay)
      note.project = nil
      return note
    }
    var gone = note(.findingResolved, former)
    let what = "\(project)/\(environment) (\(plain(rules.joined(separator: ", "))))"
    gone.text = LocalizedText(
      fr: "passé à un autre opérateur avec sa région : \(what)",
      en: "gone to another operator with its region: \(what)")
    gone.subject.state = "handedOver"
    return [note(.findingOpened, next)] + (isDueTold ? [note(.findingDue, next)] : []) + [gone]
  }
}
