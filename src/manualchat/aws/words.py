"""What the `aws` commands say, in Korean and English."""

from __future__ import annotations

from manualchat.language import current_language

Both = tuple[str, str]  # Korean, English

_WORDS: dict[str, Both] = {
    "half_empty": (
        "`manualchat aws destroy {scenario}`로 지운 뒤 다시 배포하세요.",
        "Remove it with `manualchat aws destroy {scenario}`, then deploy again.",
    ),
    "half_failed": (
        "`manualchat aws deploy {scenario}`를 다시 실행하면 이어서 고칩니다. 안 되면 `manualchat aws destroy {scenario}`로 지우세요.",
        "Run `manualchat aws deploy {scenario}` again, which mends it; if it does not, remove it with `manualchat aws destroy {scenario}`.",
    ),
    "building_code": ("함수 코드 준비", "packing the functions' code"),
    "building_layer": ("Lambda 레이어 {name} 빌드(처음 한 번만)", "building the Lambda layer {name} (once)"),
    "layer_ready": ("Lambda 레이어 {name}: {size} MB", "Lambda layer {name}: {size} MB"),
    "building_ui": ("웹 UI 묶음 준비", "packing the web UI"),
    "checking": ("사전 점검", "Checks before deploying"),
    "synthesising": ("템플릿 생성", "writing the template"),
    "bootstrapping": ("CDK 부트스트랩(계정과 리전마다 한 번)", "bootstrapping CDK (once an account and region)"),
    "installing_cdk": ("cdk 명령 준비", "fetching the cdk command"),
    "deploying": ("{stack} 배포(처음에는 {minutes}분쯤)", "deploying {stack} (about {minutes} minutes the first time)"),
    "ask_deploy": ("계정 {account}, 리전 {region}에 {stack}을(를) 배포할까요?", "Deploy {stack} to account {account}, region {region}?"),
    "deployed": ("배포했습니다.", "Deployed."),
    "not_done": ("아무것도 바꾸지 않았습니다.", "Nothing was changed."),
    "next": (
        "다음: manualchat aws upload {scenario} 파일.pdf … · manualchat aws e2e {scenario} · manualchat aws doctor {scenario}",
        "Next: manualchat aws upload {scenario} FILE.pdf … · manualchat aws e2e {scenario} · manualchat aws doctor {scenario}",
    ),
    "public_warning": (
        "주의: --public은 함수 URL을 인터넷 전체에 엽니다. 주소를 아는 누구나 호출할 수 있고, 토큰이 새면 Bedrock 요금이 이 계정에 청구됩니다. 토큰은 Secrets Manager({secret})에 만들어지며, 토큰 없는 요청은 거부됩니다.",
        "WARNING: --public opens the function URL to the whole internet. Anyone who knows it can call it, and if the token leaks, Bedrock's bill is yours. The token is made in Secrets Manager ({secret}); requests without it are refused.",
    ),
    "ask_public": ("그래도 공개할까요?", "Open it all the same?"),
    "closed_ui": (
        "웹 UI는 아직 아무에게도 열려 있지 않습니다. --allow-from 내주소/32 로 여세요(내 주소: curl https://checkip.amazonaws.com).",
        "The web UI is open to nobody yet. Open it with --allow-from MY.ADDRESS/32 (yours: curl https://checkip.amazonaws.com).",
    ),
    "ui_over_http": (
        "certificate_arn이 없어 웹 UI는 암호화되지 않은 HTTP로 제공됩니다.",
        "Without certificate_arn the web UI is served over plain HTTP.",
    ),
    "goes": ("지워지는 것", "What goes"),
    "stays": ("남는 것", "What stays"),
    "ask_destroy": ("계정 {account}의 {stack}을(를) 정말 지울까요?", "Really remove {stack} from account {account}?"),
    "emptying": ("버킷 {bucket} 비우기", "emptying the bucket {bucket}"),
    "destroying": ("{stack} 삭제", "removing {stack}"),
    "unprotecting": ("삭제 방지 해제", "lifting the deletion protection"),
    "removing_uploads": ("올렸던 배포 파일 삭제", "removing the files that were uploaded to deploy"),
    "removing_bootstrap": ("CDK 부트스트랩 삭제", "removing CDK's bootstrap"),
    "all_gone": ("남은 것이 없습니다.", "Nothing is left."),
    "left": ("아직 남은 것:", "Still there:"),
    "kept_bootstrap": (
        "CDK 부트스트랩 스택 {stack}은 다른 CDK 앱과 함께 쓰므로 남겼습니다(요금 거의 없음). 지우려면 --bootstrap.",
        "CDK's bootstrap stack {stack} stays, since other CDK apps may use it (it costs next to nothing). Remove it too with --bootstrap.",
    ),
    "never_was": ("{stack}은(는) {region}에 없습니다. 지울 것이 없습니다.", "{stack} is not in {region}. Nothing to remove."),
    "uploaded": ("올림", "uploaded"),
    "e2e_upload": ("샘플 PDF 업로드", "upload the sample PDF"),
    "e2e_ready": ("색인 완료 대기", "wait until it is ready"),
    "e2e_logs": ("embedding_pipeline 로그 확인", "read the logs of embedding_pipeline"),
    "e2e_ask": ("질문하고 답 스트리밍 확인", "ask, and see the answer stream"),
    "e2e_cite": ("인용 확인", "check the citation"),
    "e2e_ui": ("웹 UI 상태 확인", "reach the web UI"),
    "e2e_clean": ("정리", "clean up"),
    "e2e_fine": ("종단간 테스트를 모두 통과했습니다.", "The whole way works."),
    "no_cost_confirm": ("아래 예상 비용을 확인하세요.", "This is what it will cost."),
    "part": ("항목", "Part"),
    "idle": ("유휴 시", "Idle"),
    "loaded": ("사용 시", "In use"),
    "why": ("근거", "How"),
    "total": ("합계", "Total"),
    "once": ("처음 한 번", "Once"),
    "per_month": ("월 예상 비용, US$", "A month, US$"),
    "step": ("단계", "Step"),
    "state": ("상태", "State"),
    "finding": ("내용", "What was found"),
    "remedy": ("조치", "To mend it"),
    "ok": ("정상", "ok"),
    "wrong": ("문제", "wrong"),
    "unknown": ("확인 못 함", "not seen"),
    "off": ("해당 없음", "not in use"),
}  # fmt: skip


def say(key: str, **values: object) -> str:
    """The text of this key in the user's language."""
    return pick(_WORDS[key]).format(**values)


def pick(both: Both) -> str:
    """The half in the user's language."""
    return both[0] if current_language() == "ko" else both[1]
