//! What the emulated SAKURA Cloud refuses, in its own codes and words (API doc §1.7). It decides nothing.

use http::StatusCode;
use serde_json::{Value, json};

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Of the catalogue.
    code: &'static str,
    /// Said instead of the catalogue's words, where the sandbox has to explain itself.
    message: Option<String>,
}

/// The result of anything that may be refused.
pub(crate) type Outcome<T> = Result<T, Refusal>;

/// Refuses with a code of the catalogue.
pub(crate) fn refuse<T>(code: &'static str) -> Outcome<T> {
    Err(Refusal::new(code))
}

impl Refusal {
    /// A refusal with the catalogue's words.
    pub(crate) fn new(code: &'static str) -> Self {
        Self { code, message: None }
    }

    /// Something that the real API does and the sandbox does not.
    pub(crate) fn not_emulated(what: &str) -> Self {
        Self {
            code: "not_implemented",
            message: Some(format!("The sandbox does not emulate {what}.")),
        }
    }

    /// The catalogue's refusal with this code, if it has one.
    pub(crate) fn named(code: &str) -> Option<Self> {
        find(code).map(|(_, code, _)| Self::new(code))
    }

    /// The machine-readable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// How a failed background edit of a disk is reported.
    pub(crate) fn config_error(&self) -> Value {
        let body = self.body("");
        json!({ "ErrorCode": body["error_code"], "ErrorMsg": body["error_msg"], "Status": body["status"] })
    }

    /// The catalogue's status and words, or the sandbox's own.
    pub(crate) fn status(&self) -> StatusCode {
        let status = find(self.code).map_or(500, |(status, _, _)| *status);
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The answer's body.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        error_body(
            self.status(),
            Some(self.code),
            self.message.as_deref(),
            request_id,
        )
    }
}

/// An error body. Without a code it carries the one that usually comes with the status.
pub(crate) fn error_body(
    status: StatusCode,
    code: Option<&str>,
    message: Option<&str>,
    request_id: &str,
) -> Value {
    let code = code.unwrap_or_else(|| usual_code(status));
    let reason = status.canonical_reason().unwrap_or("Unknown");
    let message = message.or_else(|| find(code).map(|(_, _, words)| *words));
    json!({
        "is_fatal": true,
        "serial": request_id,
        "status": format!("{} {reason}", status.as_u16()),
        "error_code": code,
        "error_msg": message.unwrap_or("要求された操作を行えません。"),
    })
}

fn usual_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        503 => "service_unavailable",
        504 => "apiproxy_timeout",
        number => CATALOGUE
            .iter()
            .find(|(status, _, _)| *status == number)
            .map_or("unknown", |(_, code, _)| code),
    }
}

fn find(code: &str) -> Option<&'static (u16, &'static str, &'static str)> {
    CATALOGUE.iter().find(|(_, known, _)| *known == code)
}

/// Statuses and codes are the vendor's table; where its words were not recorded, they are the sandbox's.
const CATALOGUE: &[(u16, &str, &str)] = &[
    (400, "bad_request", "不適切な要求です。"),
    (
        400,
        "cant_resize_smaller",
        "不適切な要求です。現在より小さなサイズへは変更できません。",
    ),
    (
        400,
        "copy_to_itself",
        "不適切な要求です。コピー元とコピー先が同一です。",
    ),
    (
        400,
        "filter_array_comparison",
        "不適切な要求です。配列は大小比較できません。",
    ),
    (
        400,
        "filter_bad_operator",
        "不適切な要求です。フィルタの演算子が不正です。",
    ),
    (
        400,
        "filter_null_comparison",
        "不適切な要求です。nullは比較できません。",
    ),
    (
        400,
        "filter_unknown_operator",
        "不適切な要求です。未知のフィルタ演算子です。",
    ),
    (
        400,
        "invalid_format",
        "不適切な要求です。パラメータの書式が不正です。",
    ),
    (
        400,
        "invalid_param_comb",
        "不適切な要求です。パラメータの組み合わせが不正です。",
    ),
    (
        400,
        "invalid_range",
        "不適切な要求です。パラメータの値が範囲外です。",
    ),
    (
        400,
        "missing_param",
        "不適切な要求です。必要なパラメータが指定されていません。",
    ),
    (
        400,
        "must_be_of_same_zone",
        "不適切な要求です。同一ゾーンのリソースを指定してください。",
    ),
    (
        400,
        "param_res_not_found",
        "不適切な要求です。パラメータで指定されたリソースが存在しません。IDをご確認ください。",
    ),
    (400, "size_mismatch", "不適切な要求です。サイズが一致しません。"),
    (
        400,
        "unsupported_res_class",
        "不適切な要求です。対応していないリソースクラスです。",
    ),
    (
        401,
        "unauthorized",
        "認証に失敗しました。アクセストークンとシークレットをご確認ください。",
    ),
    (402, "payment_required", "お支払い情報をご確認ください。"),
    (
        403,
        "forbidden",
        "要求された操作は許可されていません。権限エラー。",
    ),
    (403, "access_apikey_disabled", "APIキーが無効です。"),
    (
        403,
        "access_xhr_or_apikey",
        "XHRまたはAPIキーによるアクセスのみ許可されています。",
    ),
    (
        403,
        "disabled_in_sandbox",
        "サンドボックスでは利用できない機能です。",
    ),
    (
        403,
        "dont_create_in_sandbox",
        "サンドボックスでは作成できません。",
    ),
    (
        404,
        "not_found",
        "対象が見つかりません。対象は利用できない状態か、IDまたはパスに誤りがあります。",
    ),
    (
        404,
        "resource_path_not_found",
        "対象が見つかりません。リソースのパスに誤りがあります。",
    ),
    (
        404,
        "invalid_uri_argument",
        "対象が見つかりません。URIの引数に誤りがあります。",
    ),
    (
        405,
        "method_not_allowed",
        "要求されたメソッドは許可されていません。",
    ),
    (408, "request_timeout", "要求がタイムアウトしました。"),
    (
        409,
        "conflict",
        "要求された操作を行えません。現在の状態と矛盾しています。",
    ),
    (
        409,
        "archive_is_incomplete",
        "要求された操作を行えません。アーカイブが未完成です。",
    ),
    (
        409,
        "connect_to_same_switch",
        "要求された操作を行えません。同一のスイッチに複数接続できません。",
    ),
    (
        409,
        "disconnect_b4_delete",
        "要求された操作を行えません。削除する前に接続を解除してください。",
    ),
    (
        409,
        "disconnect_b4_update",
        "要求された操作を行えません。変更する前に接続を解除してください。",
    ),
    (
        409,
        "disk_connection_limit",
        "要求された操作を行えません。ディスクの接続数が上限に達しています。",
    ),
    (
        409,
        "disk_is_copying",
        "要求された操作を行えません。ディスクはコピー中です。",
    ),
    (
        409,
        "disk_is_not_available",
        "要求された操作を行えません。ディスクが利用可能な状態ではありません。コピー処理等の完了後に再度お試しください。",
    ),
    (
        409,
        "limit_count_in_zone",
        "要求された操作を行えません。ゾーン内の上限数に達しています。",
    ),
    (
        409,
        "original_hash_mismatch",
        "要求された操作を行えません。変更前のハッシュ値が一致しません。",
    ),
    (
        409,
        "res_already_connected",
        "要求された操作を行えません。既に接続されています。",
    ),
    (
        409,
        "res_already_disconnected",
        "要求された操作を行えません。既に切断されています。",
    ),
    (
        409,
        "res_used_in_zone",
        "要求された操作を行えません。使用中のリソースです。",
    ),
    (
        409,
        "run_out_of_ipaddress",
        "要求された操作を行えません。IPアドレスが不足しています。",
    ),
    (
        409,
        "server_is_cleaning",
        "要求された操作を行えません。サーバは停止処理中です。",
    ),
    (
        409,
        "server_power_must_be_down",
        "要求された操作を行えません。サーバの電源を停止してください。",
    ),
    (
        409,
        "server_power_must_be_up",
        "要求された操作を行えません。サーバの電源を起動してください。",
    ),
    (
        409,
        "still_creating",
        "要求された操作を行えません。リソースは作成中です。",
    ),
    (
        423,
        "locked",
        "対象はロックされています。しばらくしてから再度お試しください。",
    ),
    (500, "internal_server_error", "サーバ内部でエラーが発生しました。"),
    (501, "not_implemented", "未実装の機能です。"),
    (502, "bad_gateway", "ゲートウェイでエラーが発生しました。"),
    (
        503,
        "boot_failure_by_lock",
        "起動できません。ロックの解除をお待ちください。",
    ),
    (
        503,
        "busy",
        "混み合っています。しばらくしてから再度お試しください。",
    ),
    (
        503,
        "service_unavailable",
        "現在サービスを利用できません。しばらくしてから再度お試しください。",
    ),
    (
        503,
        "too_many_request",
        "要求が多すぎます。しばらくしてから再度お試しください。",
    ),
    (
        503,
        "unknown_os_type",
        "ディスクの修正に失敗しました。対応していないOSです。",
    ),
    (504, "apiproxy_timeout", "APIプロキシがタイムアウトしました。"),
    (
        504,
        "apiproxy_timeout_non_get",
        "APIプロキシがタイムアウトしました。要求は実行された可能性があります。",
    ),
];
