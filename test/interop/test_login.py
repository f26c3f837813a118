"""Logging in: who may, who may not, and what the client knows afterwards."""

import pytest
from seeq import sdk, spy
from seeq.sdk.rest import ApiException

from plain import ACCESS_KEY, DIRECTORY, DIRECTORY_USER, USER, item_id


def login(url, **credentials):
    session = spy.Session()
    spy.login(url=url, quiet=True, session=session, **credentials)
    return session


@pytest.mark.parametrize(
    "credentials, name, directory",
    [
        ({"username": USER[0], "password": USER[1]}, USER[0], "Seeq"),
        ({"username": USER[0], "password": USER[1], "directory": "Seeq"}, USER[0], "Seeq"),
        (
            {"username": DIRECTORY_USER[0], "password": DIRECTORY_USER[1], "directory": DIRECTORY},
            DIRECTORY_USER[0],
            DIRECTORY,
        ),
        ({"access_key": ACCESS_KEY[0], "password": ACCESS_KEY[1]}, ACCESS_KEY[0], "Seeq"),
    ],
    ids=["user", "user of the directory Seeq", "user of another directory", "access key"],
)
def test_login(url, credentials, name, directory):
    session = login(url, **credentials)
    assert session.user.username == name
    assert session.user.datasource_name == directory
    assert session.client.auth_token
    assert session.my_folder.id == item_id("mine", "folder")
    assert session.corporate_folder.id == item_id("corporate", "folder")


def test_login_from_a_file(url, tmp_path):
    file = tmp_path / "agent.key"
    file.write_text("\n".join(USER))
    assert login(url, credentials_file=file).user.username == USER[0]


def test_version_of_the_server_suits_the_client(session):
    assert session.server_version.split(".")[:2] == sdk.__version__.split(".")[:2]


def test_directories(session):
    assert sorted(session.directories) == ["Plant Directory", "Seeq"]
    assert session.directories["Seeq"].datasource_class == "Auth"
    assert session.directories["Seeq"].datasource_id == "Seeq"


@pytest.mark.parametrize(
    "credentials, reason",
    [
        ({"username": USER[0], "password": "wrong"}, "could not be logged in"),
        ({"username": "nobody", "password": USER[1]}, "could not be logged in"),
        ({"username": USER[0], "password": USER[1], "directory": DIRECTORY}, "could not be logged in"),
        ({"username": DIRECTORY_USER[0], "password": DIRECTORY_USER[1]}, "could not be logged in"),
        ({"access_key": ACCESS_KEY[0], "password": "wrong"}, "Access Key"),
        ({"access_key": "unknown", "password": ACCESS_KEY[1]}, "Access Key"),
        ({"username": USER[0], "password": USER[1], "directory": "No Such"}, "not recognized"),
    ],
    ids=["password", "user", "directory of a user", "no directory", "password of a key", "key", "unknown directory"],
)
def test_what_is_wrong_is_refused(url, credentials, reason):
    with pytest.raises(spy.errors.SPyRuntimeError, match=reason):
        login(url, **credentials)


def test_a_second_login_leaves_the_first_session_alone(url):
    name, password = USER
    first, second = login(url, username=name, password=password), login(url, username=name, password=password)
    assert first.client.auth_token != second.client.auth_token
    for session in (first, second):
        assert sdk.UsersApi(session.client).get_me().username == name


def test_a_token_from_elsewhere_is_a_session(url, plain):
    session = login(url, auth_token=plain.http.headers["x-sq-auth"])
    assert session.user.username == USER[0]


def test_logout_ends_the_session(url):
    name, password = USER
    session = login(url, username=name, password=password)
    client = session.client
    spy.logout(quiet=True, session=session)
    with pytest.raises(ApiException) as refused:
        sdk.UsersApi(client).get_me()
    assert refused.value.status == 401
